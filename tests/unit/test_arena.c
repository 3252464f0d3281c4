// SPDX-License-Identifier: GPL-3.0-or-later
/* arena: pieces stay apart, come back, and run out */

#include "fd_util.h"

#include <errno.h>
#include <sys/mman.h>

#include "arena.h"

#define CHUNK 65536 /* what is asked of the kernel at once */

static bool filled_with(const unsigned char *p, size_t size, unsigned char c)
{
	for (size_t i = 0; i < size; i++) {
		if (p[i] != c)
			return false;
	}
	return true;
}

/* Random pieces, each filled with its own byte: none overlaps another. */
static void test_apart(void **state)
{
	/* what fdtab asks for, and both sides of where mappings begin */
	static const size_t sizes[] = { 1,    15,   16,   17,    72,   224,
					512,  1024, 4064, 4080,  4081, 4095,
					4096, 4097, 8192, 100000 };
	enum { SLOTS = 200, ROUNDS = 20000 };
	static struct {
		unsigned char *p;
		size_t size;
	} slot[SLOTS];
	uint32_t seed = 7;

	(void)state;
	for (int round = 0; round < ROUNDS; round++) {
		size_t i = next_random(&seed) % SLOTS;

		if (slot[i].p) {
			check(filled_with(slot[i].p, slot[i].size,
					  (unsigned char)i),
			      "round %d, slot %zu", round, i);
			arena_free(slot[i].p, slot[i].size);
			slot[i].p = NULL;
			continue;
		}
		slot[i].size = sizes[next_random(&seed) % ARRAY_LEN(sizes)];
		slot[i].p = arena_alloc(slot[i].size);
		assert_non_null(slot[i].p);
		check((uintptr_t)slot[i].p % 16 == 0, "%zu bytes",
		      slot[i].size);
		memset(slot[i].p, (int)i, slot[i].size);
	}
	for (size_t i = 0; i < SLOTS; i++)
		arena_free(slot[i].p, slot[i].size);
}

/* What was freed is what the next one gets: the memory does not grow. */
static void test_reuse(void **state)
{
	static const size_t sizes[] = { 16, 72, 1000, 4080 };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(sizes); i++) {
		void *a = arena_alloc(sizes[i]), *b = arena_alloc(sizes[i]);

		arena_free(a, sizes[i]);
		arena_free(b, sizes[i]);
		for (int round = 0; round < 1000; round++) {
			void *x = arena_alloc(sizes[i]);
			void *y = arena_alloc(sizes[i]);

			check((x == a && y == b) || (x == b && y == a), "%zu",
			      sizes[i]);
			arena_free(x, sizes[i]);
			arena_free(y, sizes[i]);
		}
	}
	arena_free(NULL, 16);
	arena_free(NULL, 100000);
}

static bool is_mapped(void *p)
{
	unsigned char in_core;

	return mincore(p, 1, &in_core) == 0;
}

/* Large pieces go back to the kernel at once. */
static void test_large(void **state)
{
	static const size_t sizes[] = { 4081, 4096, 65536, 1000000 };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(sizes); i++) {
		void *p = arena_alloc(sizes[i]);

		assert_non_null(p);
		assert_int_equal((uintptr_t)p % 4096, 0);
		assert_true(is_mapped(p));
		arena_free(p, sizes[i]);
		check(!is_mapped(p), "%zu bytes", sizes[i]);
	}
}

/* The kernel gives no more: NULL, errno as it was, and all is well when it
 * gives again. */
static void test_exhausted(void **state)
{
	struct rlimit before, none;
	void *piece[CHUNK / 512 + 1], *large, *after;
	size_t n = 0;

	(void)state;
	assert_int_equal(getrlimit(RLIMIT_AS, &before), 0);
	none = before;
	none.rlim_cur = 0;
	errno = EDOM;
	setrlimit(RLIMIT_AS, &none);
	while (n < ARRAY_LEN(piece) && (piece[n] = arena_alloc(512)))
		n++;
	large = arena_alloc(100000);
	setrlimit(RLIMIT_AS, &before);
	assert_int_equal(errno, EDOM);
	assert_true(n < ARRAY_LEN(piece)); /* one chunk at most was left */
	assert_null(large);
	after = arena_alloc(512);
	assert_non_null(after);
	for (size_t i = 0; i < n; i++)
		assert_ptr_not_equal(piece[i], after);
	arena_free(after, 512);
	for (size_t i = 0; i < n; i++)
		arena_free(piece[i], 512);
}

/* Nothing that there was is written to, or given out again. */
static void test_forget_all(void **state)
{
	enum { N = 100, SIZE = 256 };
	unsigned char *old[N];

	(void)state;
	for (int i = 0; i < N; i++) {
		old[i] = arena_alloc(SIZE);
		memset(old[i], 0xa5, SIZE);
	}
	for (int i = 0; i < N / 2; i++)
		arena_free(old[i], SIZE);
	arena_forget_all();
	for (int i = 0; i < 4 * N; i++) {
		void *p = arena_alloc(SIZE);

		assert_non_null(p);
		memset(p, 0, SIZE);
	}
	for (int i = N / 2; i < N; i++)
		check(filled_with(old[i], SIZE, 0xa5), "piece %d", i);
	/* of a piece that was free the first bytes are the list's */
	for (int i = 0; i < N / 2; i++)
		check(filled_with(old[i] + 16, SIZE - 16, 0xa5), "piece %d", i);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_apart),
		cmocka_unit_test(test_reuse),
		cmocka_unit_test(test_large),
		cmocka_unit_test(test_exhausted),
		cmocka_unit_test(test_forget_all),
	};

	return cmocka_run_group_tests_name("arena", tests, NULL, NULL);
}
