/** Longest id that is accepted, in characters: real ones have tens, and a whole line taken for an id has more. */
export const MAX_ID_LENGTH = 1024;

/** What programs write for a value that is missing, in lower case. */
export const NULL_WORDS = 'null \\n nan none n/a na na? <na> <null> (null) #n/a undefined'.split(' ');

/** What counts as a blank: the same characters as for JavaScript, except those that end a line. */
export const BLANKS =
  ' \t\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u205f\u3000\ufeff';

/** Whether readers of tables take an id as it stands: see `idValue` and `idProblems`. */
export function isPlainId(id: string): boolean {
  const hasBlanks = BLANKS.includes(id.charAt(0)) || BLANKS.includes(id.charAt(id.length - 1));
  return !hasBlanks && !NULL_WORDS.includes(id.toLowerCase()) && !/^-?\d+\.0$/.test(id);
}
