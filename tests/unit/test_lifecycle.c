// SPDX-License-Identifier: GPL-3.0-or-later
/* lifecycle_own: the ways to make a child, while others hold the lock */

#include "fd_util.h"

#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "fdtab.h"
#include "lifecycle.h"
#include "lock_util.h"

enum { THREADS = 4 };

static void *turns_until_stop(void *arg)
{
	while (!atomic_load(&stop))
		turn();
	return arg;
}

static void expect_exit_0(pid_t pid)
{
	int status;

	assert_true(pid > 0);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	check(status == 0, "status %x", (unsigned)status);
}

/* A child of one of the kinds that have memory of their own */
static pid_t child(bool by_clone)
{
	/* ThreadSanitizer must know of its children */
	pid_t pid = by_clone && !UNDER_TSAN
			    ? (pid_t)syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0)
			    : fork();

	if (!pid)
		alarm(20); /* not inherited; what fails in there hangs */
	return pid;
}

/* Is there an entry for @fd in the table?  A child forgets them that cannot
 * trust its copy. */
static bool remembered(int fd)
{
	struct lock_guard g;

	if (!fdtab_enter(fd, &g))
		return false;
	lock_leave(&g);
	return true;
}

static int record_socket(void)
{
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);
	struct lock_guard g;
	struct conn *c;

	lock_enter(&g);
	c = fdtab_conn_new();
	c->ino = fd_ino(fd);
	assert_int_equal(fdtab_add(fd, c), 0);
	lock_leave(&g);
	return fd;
}

/* In the child: one thread, which ThreadSanitizer cannot know. */
__attribute__((no_sanitize("thread"))) static bool child_is_good(int fd)
{
	bool whole = remembered(fd);
	struct lock_guard g;

	if (whole && one != other)
		return false;
	lock_enter(&g);
	one = ++other;
	lock_leave(&g);
	return lifecycle_own() && one == other;
}

/* Whatever the other threads are at, the child can go on; and trusts what it
 * has got a copy of only where that is whole. */
static void test_fork(void **state)
{
	int fd = record_socket();
	pthread_t t[THREADS];

	(void)state;
	for (int i = 0; i < THREADS; i++)
		assert_int_equal(
			pthread_create(&t[i], NULL, turns_until_stop, NULL), 0);
	for (int i = 0; i < 60; i++) {
		pid_t pid = child(i % 2);

		if (!pid)
			_exit(!child_is_good(fd));
		expect_exit_0(pid);
	}
	atomic_store(&stop, true);
	for (int i = 0; i < THREADS; i++)
		assert_int_equal(pthread_join(t[i], NULL), 0);
	assert_true(remembered(fd));
	close(fd);
}

static atomic_int holding; /* 1 held, 2 may end */

static void *hold(void *arg)
{
	struct lock_guard g;

	lock_enter(&g);
	atomic_store(&holding, 1);
	while (atomic_load(&holding) != 2)
		sched_yield();
	lock_leave(&g);
	return arg;
}

/* clone(2), which no handler hears of, while a thread holds the lock that the
 * child has not got: what it guards is not to be trusted. */
static void test_held(void **state)
{
	pthread_t t;
	pid_t pid;
	int fd;

	(void)state;
	if (UNDER_TSAN) {
		print_message("SKIP: no clone(2) under ThreadSanitizer\n");
		skip();
	}
	fd = record_socket();
	atomic_store(&holding, 0);
	assert_int_equal(pthread_create(&t, NULL, hold, NULL), 0);
	while (!atomic_load(&holding))
		sched_yield();
	pid = child(true);
	if (!pid) {
		bool kept = lifecycle_own() && remembered(fd);

		turn();
		_exit(!lifecycle_own() || kept);
	}
	expect_exit_0(pid);
	atomic_store(&holding, 2);
	assert_int_equal(pthread_join(t, NULL), 0);
	assert_true(remembered(fd));
	close(fd);
}

/* With nobody else about, the child's copy is whole, by any way. */
static void test_alone(void **state)
{
	int fd = record_socket();

	(void)state;
	for (int i = 0; i < 2; i++) {
		pid_t pid = child(i), grandchild;

		if (!pid) {
			if (!lifecycle_own() || !remembered(fd))
				_exit(1);
			grandchild = child(i);
			if (!grandchild)
				_exit(!remembered(fd));
			expect_exit_0(grandchild);
			_exit(0);
		}
		expect_exit_0(pid);
	}
	close(fd);
}

/* Handlers of a library that registered them before us run while the lock is
 * held for fork(), and close sockets. */
static atomic_bool watching;
static int handled;

static void foreign_handler(void)
{
	if (!atomic_load(&watching))
		return;
	turn();
	handled += lifecycle_own();
}

__attribute__((constructor(101))) static void register_first(void)
{
	pthread_atfork(foreign_handler, foreign_handler, foreign_handler);
}

static void test_foreign_handlers(void **state)
{
	int fd = record_socket();
	pid_t pid;

	(void)state;
	atomic_store(&watching, true);
	pid = child(false);
	if (!pid)
		_exit(handled != 2 || !remembered(fd));
	atomic_store(&watching, false);
	assert_int_equal(handled, 2);
	expect_exit_0(pid);
	assert_true(remembered(fd));
	close(fd);
}

/* vfork(): not ours to touch, and the parent's still its own afterwards. */
static void test_vfork(void **state)
{
	pid_t pid;

	(void)state;
	need_vfork();
	assert_true(lifecycle_own());
	pid = vfork();
	if (!pid)
		_exit(lifecycle_own());
	expect_exit_0(pid);
	assert_true(lifecycle_own());
	turn();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_fork),
		cmocka_unit_test(test_held),
		cmocka_unit_test(test_alone),
		cmocka_unit_test(test_foreign_handlers),
		cmocka_unit_test(test_vfork),
	};

	alarm(300); /* what fails here hangs */
	return cmocka_run_group_tests_name("lifecycle", tests, NULL, NULL);
}
