// SPDX-License-Identifier: GPL-3.0-or-later
/* lock: threads and signals */

#include "unit.h"

#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "lock_util.h"

enum { THREADS = 4, TURNS = 20000 };

static void *turns(void *arg)
{
	for (int i = 0; i < TURNS; i++)
		turn();
	return arg;
}

static void *turns_until_stop(void *arg)
{
	while (!atomic_load(&stop))
		turn();
	return arg;
}

static void start(pthread_t t[THREADS], void *(*body)(void *))
{
	atomic_store(&stop, false);
	for (int i = 0; i < THREADS; i++)
		assert_int_equal(pthread_create(&t[i], NULL, body, NULL), 0);
}

static void join(pthread_t t[THREADS])
{
	atomic_store(&stop, true);
	for (int i = 0; i < THREADS; i++)
		assert_int_equal(pthread_join(t[i], NULL), 0);
}

static void test_exclusion(void **state)
{
	pthread_t t[THREADS];

	(void)state;
	one = other = 0;
	start(t, turns);
	join(t);
	assert_int_equal(one, THREADS * TURNS);
	assert_int_equal(other, one);
}

static atomic_bool entered;

static void *enter_once(void *arg)
{
	turn();
	atomic_store(&entered, true);
	return arg;
}

/* A thread that waits asleep is woken. */
static void test_waiter(void **state)
{
	struct lock_guard g;
	pthread_t t;

	(void)state;
	atomic_store(&entered, false);
	lock_enter(&g);
	assert_int_equal(pthread_create(&t, NULL, enter_once, NULL), 0);
	usleep(50000);
	assert_false(atomic_load(&entered));
	lock_leave(&g);
	assert_int_equal(pthread_join(t, NULL), 0);
	assert_true(atomic_load(&entered));
}

static uint64_t kernel_mask(void)
{
	uint64_t mask = 0;

	syscall(SYS_rt_sigprocmask, SIG_BLOCK, NULL, &mask, sizeof(mask));
	return mask;
}

/* Every signal is blocked, libc's own too; afterwards the mask is as before. */
static void test_mask(void **state)
{
	const uint64_t unblockable =
		UINT64_C(1) << (SIGKILL - 1) | UINT64_C(1) << (SIGSTOP - 1);
	struct lock_guard g;
	sigset_t some;
	uint64_t before;

	(void)state;
	sigemptyset(&some);
	sigaddset(&some, SIGUSR2);
	sigaddset(&some, SIGRTMAX);
	pthread_sigmask(SIG_BLOCK, &some, NULL);
	before = kernel_mask();
	lock_enter(&g);
	assert_true(kernel_mask() == ~unblockable);
	lock_leave(&g);
	assert_true(kernel_mask() == before);
	lock_before_fork(); /* a handler would take it over */
	assert_true(kernel_mask() == before);
	lock_after_fork();
	assert_true(kernel_mask() == before);
	pthread_sigmask(SIG_UNBLOCK, &some, NULL);
}

static atomic_int handled;

static void on_signal(int sig)
{
	(void)sig;
	turn();
	atomic_fetch_add(&handled, 1);
}

/* A handler takes the lock, in whatever its thread was interrupted. */
static void test_handler(void **state)
{
	struct sigaction sa = { .sa_handler = on_signal }, old;
	pthread_t t[THREADS];

	(void)state;
	atomic_store(&handled, 0);
	assert_int_equal(sigaction(SIGUSR1, &sa, &old), 0);
	start(t, turns_until_stop);
	for (int i = 0; i < 4000; i++) {
		pthread_kill(t[i % THREADS], SIGUSR1);
		turn();
	}
	join(t);
	assert_true(atomic_load(&handled) > 0);
	assert_int_equal(one, other);
	sigaction(SIGUSR1, &old, NULL);
}

/* Between fork()'s handlers this thread, a handler of another library or of a
 * signal, comes in at once; that ends the lending. */
static void test_lent_to_itself(void **state)
{
	(void)state;
	assert_false(lock_is_for_fork());
	lock_before_fork();
	assert_true(lock_is_for_fork());
	turn();
	assert_false(lock_is_for_fork());
	turn();
	lock_after_fork();
	turn();
	lock_before_fork();
	assert_true(lock_is_for_fork());
	lock_after_fork();
	assert_false(lock_is_for_fork());
	turn();
}

/* Does @entered become true in a second? */
static bool entered_in_time(void)
{
	for (int i = 0; i < 100 && !atomic_load(&entered); i++)
		usleep(10000);
	return atomic_load(&entered);
}

/* A thread that comes while the lock is lent to fork(), which may need what
 * this thread holds, gets it in the end. */
static void test_lent(void **state)
{
	pthread_t t;

	(void)state;
	atomic_store(&entered, false);
	lock_before_fork();
	assert_int_equal(pthread_create(&t, NULL, enter_once, NULL), 0);
	assert_true(entered_in_time());
	assert_false(lock_is_for_fork());
	lock_after_fork();
	assert_int_equal(pthread_join(t, NULL), 0);
	turn();
}

static void *fork_meanwhile(void *in_time)
{
	lock_before_fork();
	*(bool *)in_time = entered_in_time();
	lock_after_fork();
	return NULL;
}

/* So does one that was waiting before the thread that forks got the lock. */
static void test_lent_past_waiter(void **state)
{
	pthread_t forks, waits;
	bool in_time = false;
	struct lock_guard g;

	(void)state;
	atomic_store(&entered, false);
	lock_enter(&g);
	/* the kernel wakes first who came first */
	assert_int_equal(pthread_create(&forks, NULL, fork_meanwhile, &in_time),
			 0);
	usleep(50000);
	assert_int_equal(pthread_create(&waits, NULL, enter_once, NULL), 0);
	usleep(50000);
	lock_leave(&g);
	assert_int_equal(pthread_join(forks, NULL), 0);
	assert_int_equal(pthread_join(waits, NULL), 0);
	assert_true(in_time);
}

/* In a child: did somebody hold it?  Nobody does afterwards. */
static void test_reset(void **state)
{
	struct lock_guard g;

	(void)state;
	assert_false(lock_reset());
	lock_enter(&g);
	assert_true(lock_reset());
	assert_false(lock_reset());
	lock_leave(&g);
	lock_before_fork();
	assert_true(lock_reset());
	assert_false(lock_is_for_fork());
	turn();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_exclusion),
		cmocka_unit_test(test_waiter),
		cmocka_unit_test(test_mask),
		cmocka_unit_test(test_handler),
		cmocka_unit_test(test_lent_to_itself),
		cmocka_unit_test(test_lent),
		cmocka_unit_test(test_lent_past_waiter),
		cmocka_unit_test(test_reset),
	};

	alarm(300); /* what fails here hangs */
	return cmocka_run_group_tests_name("lock", tests, NULL, NULL);
}
