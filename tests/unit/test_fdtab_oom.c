// SPDX-License-Identifier: GPL-3.0-or-later
/* fdtab without memory: each allocation that it makes fails once; the table
 * stays whole, and goes on when there is memory again */

#include "fd_util.h"

#include <errno.h>

#include "arena_fake.h"
#include "fdtab.h"

enum { BASE = 300, N = 400 };

static struct conn *conns[N]; /* NULL: not recorded */

/* Is every number what the test thinks it is? */
static void compare(unsigned failing)
{
	for (int i = 0; i < N; i++) {
		check(fdtab_find(BASE + i) == conns[i], "allocation %u, %d",
		      failing, i);
		check(fdtab_maybe(BASE + i) == !!conns[i], "allocation %u, %d",
		      failing, i);
		check(!conns[i] || conns[i]->refs == 1, "allocation %u, %d",
		      failing, i);
	}
}

static void drop_all(void)
{
	for (int i = 0; i < N; i++)
		fdtab_drop(BASE + i);
	memset(conns, 0, sizeof(conns));
}

/* Record number @i; with an allocation failing in between, nothing is. */
static bool add(int i)
{
	struct conn *c = fdtab_conn_new();
	int r;

	if (!c)
		return false;
	c->ino = fd_ino(BASE + i);
	c->refs++;
	r = fdtab_add(BASE + i, c);
	conns[i] = r ? NULL : c;
	assert_int_equal(r, r ? -ENOMEM : 0);
	assert_int_equal(c->refs, r ? 1 : 2);
	fdtab_conn_put(c);
	return !r;
}

static int setup(void **state)
{
	int s = socket(AF_UNIX, SOCK_STREAM, 0);

	(void)state;
	if (!fd_allow(BASE + N))
		return -1;
	for (int i = 0; i < N; i++) {
		if (dup2(s, BASE + i) < 0)
			return -1;
	}
	return close(s);
}

/* The @failing-th allocation of filling the table fails.  Return: were there
 * so many? */
static bool fill(unsigned failing)
{
	bool failed = false;
	struct lock_guard g;

	lock_enter(&g);
	fake_fail = failing;
	for (int i = 0; i < N; i++) {
		if (add(i))
			continue;
		check(!failed, "allocation %u: a second failure", failing);
		failed = true;
		compare(failing);
		check(add(i), "allocation %u: again", failing);
	}
	fake_fail = 0;
	compare(failing);
	drop_all();
	compare(failing);
	lock_leave(&g);
	check(fake_live == 0, "allocation %u: %u pieces leak", failing,
	      fake_live);
	return failed;
}

/* Of all allocations: connections, entries, uthash's table and its buckets at
 * first and each time that they double */
static void test_each(void **state)
{
	unsigned n = 1;

	(void)state;
	while (fill(n))
		n++;
	assert_true(n > 2 * N);
}

/* No memory at all: what is recorded stays, and can be dropped. */
static void test_none(void **state)
{
	struct lock_guard g;

	(void)state;
	lock_enter(&g);
	for (int i = 0; i < N / 2; i++)
		assert_true(add(i));
	fake_fail = 1;
	fake_fail_after = true;
	assert_null(fdtab_conn_new());
	compare(0);
	/* a duplicate that cannot be recorded: the former entry is gone */
	assert_int_equal(fdtab_add(BASE + 1, conns[0]), -ENOMEM);
	conns[1] = NULL;
	compare(0);
	drop_all();
	compare(0);
	fake_fail = 0;
	fake_fail_after = false;
	lock_leave(&g);
	assert_int_equal(fake_live, 0);
}

/* In the child that cannot trust its copy: empty, and of use again. */
static void test_forget_all(void **state)
{
	struct conn *lost[10];
	struct lock_guard g;

	(void)state;
	lock_enter(&g);
	for (int i = 0; i < 10; i++) {
		assert_true(add(i));
		lost[i] = conns[i];
	}
	fdtab_forget_all();
	memset(conns, 0, sizeof(conns));
	for (int i = 0; i < 10; i++) {
		assert_null(fdtab_find(BASE + i));
		assert_int_equal(lost[i]->refs, 1); /* not looked at */
	}
	assert_true(add(3));
	assert_ptr_equal(fdtab_find(BASE + 3), conns[3]);
	fdtab_drop(BASE + 3);
	lock_leave(&g);
	assert_int_equal(fake_live, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_each),
		cmocka_unit_test(test_none),
		cmocka_unit_test(test_forget_all),
	};

	return cmocka_run_group_tests_name("fdtab_oom", tests, setup, NULL);
}
