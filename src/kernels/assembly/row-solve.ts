import { sumLanes } from "./dot";

// The row systems of implicit ALS, in the eigenbasis of the other side's Gram matrix. For a row with the interactions
// y_1 … y_n of confidence c_1 … c_n the system is
//   (diag(spectrum + ridge) + Σ c_k y_k y_k') x = Σ c_k y_k,
// so that everything dense is a diagonal, and a step of conjugate gradients touches only the row's own interactions.

/** Keeps the preconditioner finite where spectrum, ridge and interactions are all zero (and the residual is too). */
const SMALLEST_DIAGONAL: f32 = 1e-30;

/**
 * Solves the rows `begin` … `end - 1` of `target` by `steps` steps of conjugate gradients each, preconditioned by the
 * diagonal of the system, starting from what is in `target`. Rows without interactions become zero.
 * @param target factors of the rows, `stride` floats each; `stride` is a multiple of eight
 * @param source factors of the other side, same stride, in the eigenbasis
 * @param starts CSR offsets of the rows; `indices` the other side's rows
 * @param weights confidence of every interaction, or 0 where all are one
 * @param ridges ridge of every row
 * @param spectrum `stride` floats: unobserved weight times the Gram matrix' eigenvalues
 * @param scratch 6 stride + 4 (longest row + 4) floats; the first `stride` must be zero, and stay so
 * @param sums two doubles; receives Σ c_k (1 - x·y_k)^2 + x' diag(spectrum) x, and Σ ridge |x|^2
 */
export function solveRows(
	begin: i32,
	end: i32,
	target: usize,
	source: usize,
	stride: i32,
	starts: usize,
	indices: usize,
	weights: usize,
	ridges: usize,
	spectrum: usize,
	steps: i32,
	scratch: usize,
	sums: usize,
): void {
	const rowBytes = (<usize>stride) << 2;
	const zeroRow = scratch;
	const dense = zeroRow + rowBytes;
	const residual = dense + rowBytes;
	const diagonal = residual + rowBytes;
	const direction = diagonal + rowBytes;
	const product = direction + rowBytes;
	const lists = product + rowBytes;
	let fit: f64 = 0;
	let penalty: f64 = 0;

	for (let row = begin; row < end; row++) {
		const x = target + <usize>row * rowBytes;
		const first = load<u32>(starts + ((<usize>row) << 2));
		const count = <i32>(load<u32>(starts + ((<usize>row + 1) << 2)) - first);
		if (count == 0) {
			memory.fill(x, 0, rowBytes);
			continue;
		}
		const ridge = load<f32>(ridges + ((<usize>row) << 2));

		// Lists of whole groups of four: addresses, confidences, predictions x·y, and products of the direction with y.
		const listBytes = (<usize>(count + 3) & ~3) << 2;
		const vectors = lists;
		const confidences = vectors + listBytes;
		const predictions = confidences + listBytes;
		const along = predictions + listBytes;
		for (let k: usize = 0; k < <usize>count; k++) {
			const entry = (<usize>first + k) << 2;
			store<u32>(vectors + (k << 2), <u32>(source + <usize>load<u32>(indices + entry) * rowBytes));
			store<f32>(confidences + (k << 2), weights ? load<f32>(weights + entry) : 1);
		}
		for (let k = (<usize>count) << 2; k < listBytes; k += 4) {
			store<u32>(vectors + k, <u32>zeroRow);
			store<f32>(confidences + k, 0);
		}

		for (let j: usize = 0; j < rowBytes; j += 16) {
			const d = f32x4.add(v128.load(spectrum + j), f32x4.splat(ridge));
			v128.store(dense + j, d);
			v128.store(diagonal + j, d);
			v128.store(residual + j, f32x4.neg(f32x4.mul(d, v128.load(x + j))));
		}
		startResidual(vectors, confidences, predictions, listBytes, x, residual, diagonal, rowBytes);

		let squaredResidual: f32 = 0;
		for (let step = 0; step < steps; step++) {
			const last = squaredResidual;
			squaredResidual = precondition(residual, diagonal, product, rowBytes);
			if (!(squaredResidual > 0)) break;
			const carried = step == 0 ? <f32>0 : squaredResidual / last;
			for (let j: usize = 0; j < rowBytes; j += 16) {
				const p =
					step == 0
						? v128.load(product + j)
						: f32x4.add(v128.load(product + j), f32x4.mul(f32x4.splat(carried), v128.load(direction + j)));
				v128.store(direction + j, p);
				v128.store(product + j, f32x4.mul(v128.load(dense + j), p));
			}
			multiplySystem(vectors, confidences, along, listBytes, direction, product, rowBytes);
			const curvature = dotOf(direction, product, rowBytes);
			if (!(curvature > 0)) break;
			const length = f32x4.splat(squaredResidual / curvature);
			for (let j: usize = 0; j < rowBytes; j += 16) {
				v128.store(x + j, f32x4.add(v128.load(x + j), f32x4.mul(length, v128.load(direction + j))));
				v128.store(residual + j, f32x4.sub(v128.load(residual + j), f32x4.mul(length, v128.load(product + j))));
			}
			for (let k: usize = 0; k < listBytes; k += 16) {
				v128.store(predictions + k, f32x4.add(v128.load(predictions + k), f32x4.mul(length, v128.load(along + k))));
			}
		}

		fit += <f64>observedLoss(confidences, predictions, listBytes);
		let quadratic = f32x4.splat(0);
		let square = f32x4.splat(0);
		for (let j: usize = 0; j < rowBytes; j += 16) {
			const v = v128.load(x + j);
			const vv = f32x4.mul(v, v);
			square = f32x4.add(square, vv);
			quadratic = f32x4.add(quadratic, f32x4.mul(v128.load(spectrum + j), vv));
		}
		fit += <f64>sumLanes(quadratic);
		penalty += <f64>ridge * <f64>sumLanes(square);
	}
	store<f64>(sums, fit);
	store<f64>(sums, penalty, 8);
}

/** Predictions of x; adds Σ c (1 - x·y) y to the residual and Σ c y² to the diagonal. */
function startResidual(
	vectors: usize,
	confidences: usize,
	predictions: usize,
	listBytes: usize,
	x: usize,
	residual: usize,
	diagonal: usize,
	rowBytes: usize,
): void {
	const one = f32x4.splat(1);
	for (let k: usize = 0; k < listBytes; k += 16) {
		const y0 = <usize>load<u32>(vectors + k);
		const y1 = <usize>load<u32>(vectors + k, 4);
		const y2 = <usize>load<u32>(vectors + k, 8);
		const y3 = <usize>load<u32>(vectors + k, 12);
		const dots = dotFour(y0, y1, y2, y3, x, rowBytes);
		v128.store(predictions + k, dots);
		const c = v128.load(confidences + k);
		const errors = f32x4.mul(c, f32x4.sub(one, dots));
		const e0 = f32x4.splat(f32x4.extract_lane(errors, 0));
		const e1 = f32x4.splat(f32x4.extract_lane(errors, 1));
		const e2 = f32x4.splat(f32x4.extract_lane(errors, 2));
		const e3 = f32x4.splat(f32x4.extract_lane(errors, 3));
		const c0 = f32x4.splat(f32x4.extract_lane(c, 0));
		const c1 = f32x4.splat(f32x4.extract_lane(c, 1));
		const c2 = f32x4.splat(f32x4.extract_lane(c, 2));
		const c3 = f32x4.splat(f32x4.extract_lane(c, 3));
		for (let j: usize = 0; j < rowBytes; j += 16) {
			const v0 = v128.load(y0 + j);
			const v1 = v128.load(y1 + j);
			const v2 = v128.load(y2 + j);
			const v3 = v128.load(y3 + j);
			const r = f32x4.add(
				f32x4.add(f32x4.mul(e0, v0), f32x4.mul(e1, v1)),
				f32x4.add(f32x4.mul(e2, v2), f32x4.mul(e3, v3)),
			);
			v128.store(residual + j, f32x4.add(v128.load(residual + j), r));
			const d = f32x4.add(
				f32x4.add(f32x4.mul(f32x4.mul(c0, v0), v0), f32x4.mul(f32x4.mul(c1, v1), v1)),
				f32x4.add(f32x4.mul(f32x4.mul(c2, v2), v2), f32x4.mul(f32x4.mul(c3, v3), v3)),
			);
			v128.store(diagonal + j, f32x4.add(v128.load(diagonal + j), d));
		}
	}
}

/** Stores direction·y in `along` and adds Σ c (direction·y) y to `product`. */
function multiplySystem(
	vectors: usize,
	confidences: usize,
	along: usize,
	listBytes: usize,
	direction: usize,
	product: usize,
	rowBytes: usize,
): void {
	for (let k: usize = 0; k < listBytes; k += 16) {
		const y0 = <usize>load<u32>(vectors + k);
		const y1 = <usize>load<u32>(vectors + k, 4);
		const y2 = <usize>load<u32>(vectors + k, 8);
		const y3 = <usize>load<u32>(vectors + k, 12);
		const dots = dotFour(y0, y1, y2, y3, direction, rowBytes);
		v128.store(along + k, dots);
		const scaled = f32x4.mul(v128.load(confidences + k), dots);
		const e0 = f32x4.splat(f32x4.extract_lane(scaled, 0));
		const e1 = f32x4.splat(f32x4.extract_lane(scaled, 1));
		const e2 = f32x4.splat(f32x4.extract_lane(scaled, 2));
		const e3 = f32x4.splat(f32x4.extract_lane(scaled, 3));
		for (let j: usize = 0; j < rowBytes; j += 16) {
			const sum = f32x4.add(
				f32x4.add(f32x4.mul(e0, v128.load(y0 + j)), f32x4.mul(e1, v128.load(y1 + j))),
				f32x4.add(f32x4.mul(e2, v128.load(y2 + j)), f32x4.mul(e3, v128.load(y3 + j))),
			);
			v128.store(product + j, f32x4.add(v128.load(product + j), sum));
		}
	}
}

/** The dot products of four rows with one vector, one in each lane. */
// @ts-ignore: decorator
@inline
function dotFour(y0: usize, y1: usize, y2: usize, y3: usize, x: usize, rowBytes: usize): v128 {
	let s0 = f32x4.splat(0);
	let s1 = s0;
	let s2 = s0;
	let s3 = s0;
	for (let j: usize = 0; j < rowBytes; j += 16) {
		const v = v128.load(x + j);
		s0 = f32x4.add(s0, f32x4.mul(v, v128.load(y0 + j)));
		s1 = f32x4.add(s1, f32x4.mul(v, v128.load(y1 + j)));
		s2 = f32x4.add(s2, f32x4.mul(v, v128.load(y2 + j)));
		s3 = f32x4.add(s3, f32x4.mul(v, v128.load(y3 + j)));
	}
	// Transposed, the four sums become four vectors whose sum has one dot product in each lane.
	const low01 = v128.shuffle<f32>(s0, s1, 0, 4, 1, 5);
	const high01 = v128.shuffle<f32>(s0, s1, 2, 6, 3, 7);
	const low23 = v128.shuffle<f32>(s2, s3, 0, 4, 1, 5);
	const high23 = v128.shuffle<f32>(s2, s3, 2, 6, 3, 7);
	const sum01 = f32x4.add(low01, high01);
	const sum23 = f32x4.add(low23, high23);
	return f32x4.add(
		v128.shuffle<f32>(sum01, sum23, 0, 1, 4, 5),
		v128.shuffle<f32>(sum01, sum23, 2, 3, 6, 7),
	);
}

/** out = residual / diagonal; returns residual·out. */
function precondition(residual: usize, diagonal: usize, out: usize, rowBytes: usize): f32 {
	let sum = f32x4.splat(0);
	const smallest = f32x4.splat(SMALLEST_DIAGONAL);
	for (let j: usize = 0; j < rowBytes; j += 16) {
		const r = v128.load(residual + j);
		const z = f32x4.div(r, f32x4.max(v128.load(diagonal + j), smallest));
		v128.store(out + j, z);
		sum = f32x4.add(sum, f32x4.mul(r, z));
	}
	return sumLanes(sum);
}

function dotOf(a: usize, b: usize, rowBytes: usize): f32 {
	let sum = f32x4.splat(0);
	for (let j: usize = 0; j < rowBytes; j += 16) {
		sum = f32x4.add(sum, f32x4.mul(v128.load(a + j), v128.load(b + j)));
	}
	return sumLanes(sum);
}

/** Σ c (1 - prediction)² */
function observedLoss(confidences: usize, predictions: usize, listBytes: usize): f32 {
	const one = f32x4.splat(1);
	let sum = f32x4.splat(0);
	for (let k: usize = 0; k < listBytes; k += 16) {
		const miss = f32x4.sub(one, v128.load(predictions + k));
		sum = f32x4.add(sum, f32x4.mul(v128.load(confidences + k), f32x4.mul(miss, miss)));
	}
	return sumLanes(sum);
}
