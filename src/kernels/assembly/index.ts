export * from "./retrieval";
export * from "./training";
