// SPDX-License-Identifier: GPL-3.0-or-later
/* dial_open: a unix listener whose queue is full */

#include "dial_util.h"

#include <errno.h>
#include <signal.h>
#include <sys/time.h>

#define NAME abstract_name("")

/* A listener whose queue is full; @full are the connections that fill it */
struct full {
	int listener, full[2];
};

static struct full full_listener(void)
{
	struct rule r = rule_for(NAME, 1);
	struct full f = { listener(NAME, 1), { -1, -1 } };
	struct dial d;

	for (int i = 0; i < 2; i++) { /* one more than was asked for */
		assert_int_equal(dial_open(&d, &r, 0), 0);
		f.full[i] = d.fd;
	}
	return f;
}

static void full_close(struct full *f)
{
	close(f->listener);
	close(f->full[0]);
	close(f->full[1]);
}

/* How long a full queue is waited for: the lesser of the two times */
static void test_full_times(void **state)
{
	static const struct {
		int limit;
		uint32_t timeout;
		int err, from, to;
	} cases[] = {
		{ 0, 5000, EAGAIN, 0, 100 },
		{ -1, 150, ETIMEDOUT, 150, 1000 },
		{ 5000, 150, ETIMEDOUT, 150, 1000 },
		{ 150, 5000, ETIMEDOUT, 150, 1000 },
		{ 1150, 5000, ETIMEDOUT, 1150, 2000 },
	};
	struct full f = full_listener();
	int before = fd_count();

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct rule r = rule_for(NAME, cases[i].timeout);
		int64_t begin = fd_now_ms(), ms;
		struct dial d;

		check(dial_open(&d, &r, cases[i].limit) == -cases[i].err,
		      "%zu: %d", i, d.cause);
		ms = fd_now_ms() - begin;
		/* the kernel counts in ticks, of 10 ms at most */
		check(ms >= cases[i].from - 10 && ms < cases[i].to,
		      "%zu: %d ms", i, (int)ms);
		assert_int_equal(d.fd, -1);
		assert_int_equal(d.cause, cases[i].err);
	}
	assert_int_equal(fd_count(), before);
	full_close(&f);
}

static void on_alarm(int sig)
{
	(void)sig;
}

static int accept_from;

static void on_alarm_accept(int sig)
{
	(void)sig;
	close(accept(accept_from, NULL, NULL));
}

static void every_ms(int ms, void (*handler)(int), int flags)
{
	const struct itimerval t = { { 0, ms * 1000 }, { 0, ms * 1000 } };
	struct sigaction sa = { .sa_handler = handler, .sa_flags = flags };

	sigaction(SIGALRM, &sa, NULL);
	setitimer(ITIMER_REAL, &t, NULL);
}

static void stop_signals(void)
{
	const struct itimerval none = { 0 };

	setitimer(ITIMER_REAL, &none, NULL);
	signal(SIGALRM, SIG_DFL);
}

/* Signals neither end the waiting nor make it go on for ever: TCP's connect
 * cannot be told to be in progress here. */
static void test_full_signals(void **state)
{
	static const int flags[] = { 0, SA_RESTART };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(flags); i++) {
		struct rule r = rule_for(NAME, 300);
		struct full f = full_listener();
		int64_t begin = fd_now_ms(), ms;
		struct dial d;
		int result;

		every_ms(20, on_alarm, flags[i]);
		result = dial_open(&d, &r, -1);
		ms = fd_now_ms() - begin;
		stop_signals();
		check(result == -ETIMEDOUT, "%zu: %d", i, result);
		check(ms >= 290 && ms < 1200, "%zu: %d ms", i, (int)ms);

		/* room in the queue, after a few signals */
		accept_from = f.listener;
		every_ms(30, on_alarm_accept, flags[i]);
		result = dial_open(&d, &r, -1);
		stop_signals();
		check(result == 0, "%zu: %d", i, result);
		expect_open(&d);
		close(d.fd);
		full_close(&f);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_full_times),
		cmocka_unit_test(test_full_signals),
	};

	return cmocka_run_group_tests_name("dial_full", tests, NULL, NULL);
}
