// Eigenvectors of a symmetric matrix in double precision: Householder reduction to a tridiagonal matrix, then implicit
// QL steps with Wilkinson shifts (Golub & Van Loan, Matrix Computations, sections 8.3 and 8.4). Everything that costs
// n^3 runs along rows of memory: the reduction on the upper triangle, the eigenvectors as rows.

/** Off-diagonal entries below this part of the largest entry are taken for zero. */
const TOLERANCE: f64 = 1e-15;
/** QL steps an eigenvalue may take; two are usual, and not-a-number never converges. */
const MAX_STEPS: i32 = 60;

// @ts-ignore: decorator
@inline
function at(base: usize, index: i32): usize {
	return base + ((<usize>index) << 3);
}

function dot64(a: usize, b: usize, length: i32): f64 {
	let sum = f64x2.splat(0);
	const whole = length & ~1;
	for (let i = 0; i < whole; i += 2) sum = f64x2.add(sum, f64x2.mul(v128.load(at(a, i)), v128.load(at(b, i))));
	let total = f64x2.extract_lane(sum, 0) + f64x2.extract_lane(sum, 1);
	if (whole < length) total += load<f64>(at(a, whole)) * load<f64>(at(b, whole));
	return total;
}

/** y += factor · x */
function addScaled64(y: usize, factor: f64, x: usize, length: i32): void {
	const scale = f64x2.splat(factor);
	const whole = length & ~1;
	for (let i = 0; i < whole; i += 2) {
		v128.store(at(y, i), f64x2.add(v128.load(at(y, i)), f64x2.mul(scale, v128.load(at(x, i)))));
	}
	if (whole < length) store<f64>(at(y, whole), load<f64>(at(y, whole)) + factor * load<f64>(at(x, whole)));
}

/**
 * Eigenvalues and eigenvectors of the symmetric n × n matrix whose upper triangle is in `matrix` (doubles, `rowLength`
 * from one row to the next); the matrix is overwritten.
 * @param vectors n × n doubles: row i becomes the unit eigenvector of `values[i]`
 * @param values n doubles, in no particular order
 * @param work 3 n doubles of scratch
 */
export function symmetricEigen(matrix: usize, n: i32, rowLength: i32, vectors: usize, values: usize, work: usize): void {
	const offDiagonal = work;
	const taus = at(work, n);
	tridiagonalize(matrix, n, rowLength, values, offDiagonal, taus, at(work, 2 * n));
	formReflections(matrix, n, rowLength, taus, vectors);
	diagonalize(values, offDiagonal, n, vectors);
}

/** Leaves the reflection k, unit part first, in row k right of the diagonal. */
function tridiagonalize(
	matrix: usize,
	n: i32,
	rowLength: i32,
	diagonal: usize,
	offDiagonal: usize,
	taus: usize,
	product: usize,
): void {
	for (let k = 0; k < n - 1; k++) {
		store<f64>(at(diagonal, k), load<f64>(at(matrix, k * rowLength + k)));
		const length = n - 1 - k;
		const v = at(matrix, k * rowLength + k + 1);
		const head = load<f64>(v);
		const tail = dot64(v + 8, v + 8, length - 1);
		if (tail == 0) {
			store<f64>(at(offDiagonal, k), head);
			store<f64>(at(taus, k), 0);
			continue;
		}
		// The sign that adds magnitudes, so that nothing cancels.
		const norm = Math.sqrt(head * head + tail);
		const reflected = head > 0 ? -norm : norm;
		const pivot = head - reflected;
		const tau = -pivot / reflected;
		store<f64>(v, 1);
		for (let i = 1; i < length; i++) store<f64>(at(v, i), load<f64>(at(v, i)) / pivot);
		store<f64>(at(offDiagonal, k), reflected);
		store<f64>(at(taus, k), tau);

		// product = tau · A v, reading each entry of the triangle once for both places it stands for.
		for (let i = 0; i < length; i++) store<f64>(at(product, i), 0);
		for (let i = 0; i < length; i++) {
			const row = at(matrix, (k + 1 + i) * rowLength + k + 1 + i);
			const vi = load<f64>(at(v, i));
			store<f64>(at(product, i), load<f64>(at(product, i)) + dot64(row, at(v, i), length - i));
			addScaled64(at(product, i + 1), vi, row + 8, length - i - 1);
		}
		for (let i = 0; i < length; i++) store<f64>(at(product, i), load<f64>(at(product, i)) * tau);
		addScaled64(product, -0.5 * tau * dot64(product, v, length), v, length);
		for (let i = 0; i < length; i++) {
			const row = at(matrix, (k + 1 + i) * rowLength + k + 1 + i);
			addScaled64(row, -load<f64>(at(v, i)), at(product, i), length - i);
			addScaled64(row, -load<f64>(at(product, i)), at(v, i), length - i);
		}
	}
	store<f64>(at(diagonal, n - 1), load<f64>(at(matrix, (n - 1) * rowLength + n - 1)));
	store<f64>(at(offDiagonal, n - 1), 0);
}

/** The product of the reflections, transposed. */
function formReflections(matrix: usize, n: i32, rowLength: i32, taus: usize, vectors: usize): void {
	for (let i = 0; i < n; i++) {
		for (let j = 0; j < n; j++) store<f64>(at(vectors, i * n + j), i == j ? 1 : 0);
	}
	for (let k = n - 2; k >= 0; k--) {
		const tau = load<f64>(at(taus, k));
		if (tau == 0) continue;
		const v = at(matrix, k * rowLength + k + 1);
		const length = n - 1 - k;
		for (let j = k + 1; j < n; j++) {
			const row = at(vectors, j * n + k + 1);
			addScaled64(row, -tau * dot64(row, v, length), v, length);
		}
	}
}

/** Implicit QL on the tridiagonal matrix; every plane rotation is applied to two rows of `vectors`. */
function diagonalize(diagonal: usize, offDiagonal: usize, n: i32, vectors: usize): void {
	let largest: f64 = 0;
	for (let i = 0; i < n; i++) {
		largest = Math.max(largest, Math.abs(load<f64>(at(diagonal, i))) + Math.abs(load<f64>(at(offDiagonal, i))));
	}
	const negligible = TOLERANCE * largest;
	for (let l = 0; l < n; l++) {
		for (let step = 0; step < MAX_STEPS; step++) {
			let m = l;
			while (m < n - 1 && Math.abs(load<f64>(at(offDiagonal, m))) > negligible) m++;
			if (m == l) break;
			qlStep(diagonal, offDiagonal, l, m, n, vectors);
		}
	}
}

/** One step on the unreduced block l … m, chasing the bulge from its end to its beginning. */
function qlStep(diagonal: usize, offDiagonal: usize, l: i32, m: i32, n: i32, vectors: usize): void {
	const dl = load<f64>(at(diagonal, l));
	const el = load<f64>(at(offDiagonal, l));
	const half = (load<f64>(at(diagonal, l + 1)) - dl) / (2 * el);
	const root = Math.sqrt(half * half + 1);
	let g = load<f64>(at(diagonal, m)) - dl + el / (half + (half < 0 ? -root : root));
	let sine: f64 = 1;
	let cosine: f64 = 1;
	let shift: f64 = 0;
	for (let i = m - 1; i >= l; i--) {
		const e = load<f64>(at(offDiagonal, i));
		const f = sine * e;
		const b = cosine * e;
		const r = Math.sqrt(f * f + g * g);
		store<f64>(at(offDiagonal, i + 1), r);
		if (r == 0) {
			// The block came apart by itself; what is left of it is taken up by the next step.
			store<f64>(at(diagonal, i + 1), load<f64>(at(diagonal, i + 1)) - shift);
			store<f64>(at(offDiagonal, m), 0);
			return;
		}
		sine = f / r;
		cosine = g / r;
		const d = load<f64>(at(diagonal, i + 1)) - shift;
		const t = (load<f64>(at(diagonal, i)) - d) * sine + 2 * cosine * b;
		shift = sine * t;
		store<f64>(at(diagonal, i + 1), d + shift);
		g = cosine * t - b;
		rotateRows(at(vectors, i * n), at(vectors, (i + 1) * n), n, sine, cosine);
	}
	store<f64>(at(diagonal, l), dl - shift);
	store<f64>(at(offDiagonal, l), g);
	store<f64>(at(offDiagonal, m), 0);
}

function rotateRows(low: usize, high: usize, length: i32, sine: f64, cosine: f64): void {
	const s = f64x2.splat(sine);
	const c = f64x2.splat(cosine);
	const whole = length & ~1;
	for (let i = 0; i < whole; i += 2) {
		const a = v128.load(at(low, i));
		const b = v128.load(at(high, i));
		v128.store(at(high, i), f64x2.add(f64x2.mul(s, a), f64x2.mul(c, b)));
		v128.store(at(low, i), f64x2.sub(f64x2.mul(c, a), f64x2.mul(s, b)));
	}
	if (whole < length) {
		const a = load<f64>(at(low, whole));
		const b = load<f64>(at(high, whole));
		store<f64>(at(high, whole), sine * a + cosine * b);
		store<f64>(at(low, whole), cosine * a - sine * b);
	}
}
