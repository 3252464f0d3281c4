// SPDX-License-Identifier: GPL-3.0-or-later
/* fdtab: a state machine beside a model, false entries, high numbers, children
 * that share the memory */

#include "fd_util.h"

#include <stdlib.h>
#include <sys/wait.h>

#define MODEL_CHECK(cond) check(cond, "%s:%d", __FILE__, __LINE__)
#include "arena_fake.h"
#include "fdtab_model.h"
#include "lifecycle.h"
#include "table_util.h"

#define BASE 200

static int teardown(void **state)
{
	(void)state;
	lock_reset(); /* a test that failed may have held it */
	fdtab_closed_range(0, UINT32_MAX);
	return fake_live != 0; /* every piece has been given back */
}

static void test_model(void **state)
{
	enum { OPS = 900, SEEDS = 60 };
	static struct model m;
	uint8_t ops[OPS];
	int before = fd_count();

	(void)state;
	assert_true(fd_allow(1020 + BASE + MODEL_NUMBERS));
	for (uint32_t seed = 1; seed <= SEEDS; seed++) {
		uint32_t r = seed;

		for (size_t i = 0; i < OPS; i++)
			ops[i] = (uint8_t)next_random(&r);
		model_init(&m, BASE);
		model_run(&m, ops, OPS);
		check(fake_live == 0, "seed %u: %u pieces leak", seed,
		      fake_live);
	}
	assert_int_equal(fd_count(), before);
}

/* A connection that @fd is, recorded */
static struct conn *record(int fd)
{
	struct lock_guard g;
	struct conn *c;

	lock_enter(&g);
	c = fdtab_conn_new();
	assert_non_null(c);
	c->ino = fd_ino(fd);
	assert_int_equal(fdtab_add(fd, c), 0);
	lock_leave(&g);
	return c;
}

/* A file of another kind that has the recorded inode is no connection. */
static void test_same_inode_no_socket(void **state)
{
	int fd = open("/", O_RDONLY | O_DIRECTORY);

	(void)state;
	assert_true(fd >= 0);
	record(fd);
	assert_true(fdtab_maybe(fd));
	assert_null(find(fd));
	assert_false(fdtab_maybe(fd));
	close(fd);
}

/* More entries than uthash starts with buckets for: the table grows. */
static void test_many(void **state)
{
	enum { N = 3000 };
	static struct conn *c[N];
	int s;

	(void)state;
	assert_true(fd_allow(BASE + N));
	s = socket(AF_UNIX, SOCK_STREAM, 0);
	for (int i = 0; i < N; i++) {
		assert_int_equal(dup2(s, BASE + i), BASE + i);
		c[i] = record(BASE + i);
	}
	for (int i = 0; i < N; i++)
		check(find(BASE + i) == c[i], "%d", i);
	fdtab_closed_range(BASE + 10, BASE + N - 11);
	for (int i = 0; i < N; i++) {
		bool kept = i < 10 || i >= N - 10;

		check(fdtab_maybe(BASE + i) == kept, "%d", i);
		check(find(BASE + i) == (kept ? c[i] : NULL), "%d", i);
		close(BASE + i);
	}
	close(s);
}

/* Numbers that have no flag byte of their own share one, which stays set. */
static void test_beyond_flags(void **state)
{
	const int high = FDTAB_FAST + 5;

	(void)state;
	assert_false(fdtab_maybe(high));
	record(high);
	assert_true(fdtab_maybe(high));
	assert_true(fdtab_maybe(FDTAB_FAST));
	assert_true(fdtab_maybe(INT32_MAX));
	assert_false(fdtab_maybe(FDTAB_FAST - 1));
	assert_true(atomic_load(&fdtab_high) < FDTAB_FAST);
	assert_null(find(high)); /* there is no such descriptor */
	assert_true(fdtab_maybe(high));
	assert_null(find(high + 1));
	record(high);
	fdtab_closed(high);
	assert_int_equal(fake_live, 0);
	record(high);
	fdtab_closed_range(FDTAB_FAST, UINT32_MAX);
	assert_int_equal(fake_live, 0);
}

/* The real thing, where the system lets us have such numbers */
static void high_number(int number)
{
	int s = socket(AF_UNIX, SOCK_STREAM, 0);
	struct conn *c;

	assert_true(s >= 0);
	assert_int_equal(dup2(s, number), number);
	c = record(number);
	assert_ptr_equal(find(number), c);
	assert_null(find(number - 1));
	close(number); /* behind our back */
	assert_null(find(number));
	close(s);
}

static void test_high_number(void **state)
{
	(void)state;
	if (!fd_allow(FDTAB_FAST - 1)) {
		print_message("SKIP: needs RLIMIT_NOFILE of %d\n", FDTAB_FAST);
		skip();
	}
	high_number(FDTAB_FAST - 1);
}

static void test_beyond_number(void **state)
{
	(void)state;
	if (!fd_allow(FDTAB_FAST + 1)) {
		print_message("SKIP: needs RLIMIT_NOFILE of %d\n",
			      FDTAB_FAST + 2);
		skip();
	}
	high_number(FDTAB_FAST);
}

static void test_flags(void **state)
{
	(void)state;
	assert_int_equal(fdtab_flag(-1), 0);
	fdtab_mark(-1, FD_DUPED);
	assert_int_equal(fdtab_flag(-1), 0);
	fdtab_mark(77, FD_DUPED);
	fdtab_mark(77, FD_EPOLL);
	assert_int_equal(fdtab_flag(77), FD_DUPED | FD_EPOLL);
	assert_false(fdtab_maybe(77));
	assert_true(atomic_load(&fdtab_high) >= 77);
	fdtab_unmark(77, FD_DUPED);
	assert_int_equal(fdtab_flag(77), FD_EPOLL);
	fdtab_mark(77, FD_MULTI | FD_EPOLL); /* one of them is new */
	assert_int_equal(fdtab_flag(77), FD_EPOLL | FD_MULTI);
	fdtab_closed(77);
	assert_int_equal(fdtab_flag(77), 0);
	for (int fd = 70; fd < 80; fd++)
		fdtab_mark(fd, FD_NOTED);
	fdtab_closed_range(72, 77);
	for (int fd = 70; fd < 80; fd++)
		check(fdtab_flag(fd) == (fd < 72 || fd > 77 ? FD_NOTED : 0),
		      "%d", fd);
	fdtab_closed_range(78, UINT32_MAX);
	assert_int_equal(fdtab_flag(79), 0);
	assert_int_equal(fdtab_flag(71), FD_NOTED);
}

/* A child of vfork() must find nothing and leave the table as it is. */
static void test_vfork(void **state)
{
	int s, status;
	struct conn *c;
	pid_t pid;

	(void)state;
	need_vfork();
	s = socket(AF_UNIX, SOCK_STREAM, 0);
	c = record(s);
	pid = vfork();
	if (!pid) {
		struct lock_guard g;

		if (lifecycle_own() || fdtab_enter(s, &g))
			_exit(1);
		fdtab_closed(s);
		fdtab_closed_range(0, UINT32_MAX);
		_exit(!fdtab_maybe(s));
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	assert_ptr_equal(find(s), c);
	close(s);
}

/* A child of fork() has a table of its own, which says the same. */
static void test_fork(void **state)
{
	int s = socket(AF_UNIX, SOCK_STREAM, 0), status;
	struct conn *c = record(s);
	pid_t pid = fork();

	(void)state;
	if (!pid) {
		bool good = lifecycle_own() && find(s) == c;

		fdtab_closed(s);
		_exit(!good || find(s));
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	assert_ptr_equal(find(s), c);
	close(s);
}

/* A reference of one's own keeps a connection that has no number any more. */
static void test_references(void **state)
{
	int s = socket(AF_UNIX, SOCK_STREAM, 0);
	struct lock_guard g;
	struct conn *c;

	(void)state;
	lock_enter(&g);
	c = fdtab_conn_new();
	assert_int_equal(c->refs, 0);
	c->refs++;
	c->ino = fd_ino(s);
	assert_int_equal(fdtab_add(s, c), 0);
	assert_int_equal(c->refs, 2);
	assert_int_equal(fdtab_add(s, c), 0); /* in its own place */
	assert_int_equal(c->refs, 2);
	assert_ptr_equal(fdtab_find(s), c);
	fdtab_drop(s);
	fdtab_drop(s);
	assert_int_equal(c->refs, 1);
	assert_int_equal(c->ino, fd_ino(s));
	fdtab_conn_put(c);
	assert_int_equal(fake_live, 0);
	lock_leave(&g);
	close(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(test_flags, teardown),
		cmocka_unit_test_teardown(test_references, teardown),
		cmocka_unit_test_teardown(test_model, teardown),
		cmocka_unit_test_teardown(test_same_inode_no_socket, teardown),
		cmocka_unit_test_teardown(test_many, teardown),
		cmocka_unit_test_teardown(test_vfork, teardown),
		cmocka_unit_test_teardown(test_fork, teardown),
		cmocka_unit_test_teardown(test_high_number, teardown),
		cmocka_unit_test_teardown(test_beyond_number, teardown),
		/* last: the flag that numbers beyond share stays set */
		cmocka_unit_test_teardown(test_beyond_flags, teardown),
	};

	return cmocka_run_group_tests_name("fdtab", tests, NULL, NULL);
}
