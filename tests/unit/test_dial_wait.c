// SPDX-License-Identifier: GPL-3.0-or-later
/* dial_poll, dial_wait: how a connection in progress is waited for */

#include "fd_util.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <pthread.h>
#include <signal.h>
#include <sys/time.h>

#include "dial.h"

/* A socket that is not writable until somebody reads from pair[1] */
static void full_pair(int pair[2])
{
	static const char zeros[4096];

	fd_pair(pair);
	fcntl(pair[0], F_SETFL, O_NONBLOCK);
	while (write(pair[0], zeros, sizeof(zeros)) > 0)
		;
}

static int drain_from;

static void on_alarm(int sig)
{
	(void)sig;
}

static void on_alarm_drain(int sig)
{
	const int err = errno;
	char waste[65536];

	(void)sig;
	while (recv(drain_from, waste, sizeof(waste), MSG_DONTWAIT) > 0)
		;
	errno = err;
}

static void after_ms(int ms, void (*handler)(int), int flags)
{
	const struct itimerval t = { .it_value = { 0, ms * 1000 } };
	struct sigaction sa = { .sa_handler = handler, .sa_flags = flags };

	sigaction(SIGALRM, &sa, NULL);
	setitimer(ITIMER_REAL, &t, NULL);
}

/* No handler but ours: cmocka and the sanitizers have some, and what they ask
 * for would count. */
static struct sigaction handlers[65];

static int no_handlers(void **state)
{
	(void)state;
	for (int sig = 1; sig <= 64; sig++) {
		if (sigaction(sig, NULL, &handlers[sig]) == 0)
			signal(sig, SIG_DFL);
	}
	return 0;
}

static int put_handlers_back(void **state)
{
	(void)state;
	for (int sig = 1; sig <= 64; sig++)
		sigaction(sig, &handlers[sig], NULL);
	return 0;
}

/* A signal after 50 ms, whose handler makes the socket writable.  Does the
 * call go on, as connect(2) would?  signal(7): where every handler asks for
 * SA_RESTART and there is no time limit. */
static void test_signals(void **state)
{
	static const struct {
		int flags, other_flags; /* -1: no second handler */
		int limit, result;
	} cases[] = {
		{ SA_RESTART, -1, -1, 0 },
		{ 0, -1, -1, -EINTR },
		{ SA_RESTART, SA_RESTART, -1, 0 },
		{ SA_RESTART, 0, -1, -EINTR },
		{ SA_RESTART, -1, 5000, -EINTR },
		{ 0, -1, 5000, -EINTR },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct sigaction other = { .sa_handler = SIG_DFL };
		int pair[2], r;

		if (cases[i].other_flags >= 0) {
			other.sa_handler = on_alarm;
			other.sa_flags = cases[i].other_flags;
		}
		sigaction(SIGUSR1, &other, NULL);
		full_pair(pair);
		drain_from = pair[1];
		after_ms(50, on_alarm_drain, cases[i].flags);
		r = dial_poll(pair[0], cases[i].limit);
		check(r == cases[i].result, "%zu: %d", i, r);
		signal(SIGALRM, SIG_DFL);
		signal(SIGUSR1, SIG_DFL);
		close(pair[0]);
		close(pair[1]);
	}
}

static void test_limit(void **state)
{
	static const int limits[] = { 1, 60, 200 };
	int pair[2];

	(void)state;
	full_pair(pair);
	for (size_t i = 0; i < ARRAY_LEN(limits); i++) {
		struct dial d = { .fd = pair[0], .connecting = true };
		int64_t begin = fd_now_ms();

		assert_int_equal(dial_wait(&d, limits[i]), -EINPROGRESS);
		assert_true(fd_now_ms() - begin >= limits[i]);
		assert_int_equal(d.fd, pair[0]); /* going on */
		assert_true(d.connecting);
	}
	close(pair[1]);
	close(pair[0]);
}

static void test_connected(void **state)
{
	int before = fd_count(), pair[2];
	struct dial d = { .connecting = true };

	(void)state;
	fd_pair(pair);
	d.fd = pair[0];
	assert_int_equal(dial_wait(&d, -1), 0);
	assert_false(d.connecting);
	assert_int_equal(d.fd, pair[0]);
	close(pair[0]);
	close(pair[1]);
	assert_int_equal(fd_count(), before);
}

/* A socket with an error pending: a datagram to a port where nobody is */
static int failed_socket(void)
{
	struct sockaddr_in in = { .sin_family = AF_INET };
	int s = socket(AF_INET, SOCK_DGRAM, 0), used;
	socklen_t len = sizeof(in);

	in.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	used = socket(AF_INET, SOCK_DGRAM, 0);
	if (bind(used, (void *)&in, sizeof(in)))
		fail();
	getsockname(used, (void *)&in, &len);
	close(used);
	if (connect(s, (void *)&in, sizeof(in)) || send(s, "x", 1, 0) != 1) {
		print_message("SKIP: no loopback here\n");
		skip();
	}
	return s;
}

static void test_failed(void **state)
{
	int before = fd_count();
	struct dial d = { .connecting = true };

	(void)state;
	d.fd = failed_socket();
	assert_int_equal(dial_wait(&d, -1), -ECONNREFUSED);
	assert_int_equal(d.fd, -1);
	assert_int_equal(d.cause, ECONNREFUSED);
	assert_int_equal(fd_count(), before);
}

static void *wait_for_ever(void *arg)
{
	dial_wait(arg, -1);
	return NULL;
}

/* A cancelled thread leaves no descriptor behind. */
static void test_cancelled(void **state)
{
	int pair[2];
	struct dial d = { .connecting = true };
	void *result;
	pthread_t t;

	(void)state;
	full_pair(pair);
	d.fd = pair[0];
	assert_int_equal(pthread_create(&t, NULL, wait_for_ever, &d), 0);
	usleep(50000);
	pthread_cancel(t);
	assert_int_equal(pthread_join(t, &result), 0);
	assert_true(result == PTHREAD_CANCELED);
	assert_int_equal(d.fd, -1);
	assert_int_equal(fd_ino(pair[0]), 0);
	close(pair[1]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_signals, no_handlers,
						put_handlers_back),
		cmocka_unit_test(test_limit),
		cmocka_unit_test(test_connected),
		cmocka_unit_test(test_failed),
		cmocka_unit_test(test_cancelled),
	};

	return cmocka_run_group_tests_name("dial_wait", tests, NULL, NULL);
}
