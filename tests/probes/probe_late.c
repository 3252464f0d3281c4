// SPDX-License-Identifier: GPL-3.0-or-later
/* connect(2) that takes its time: signals, threads and close meanwhile */
#include <pthread.h>
#include <signal.h>
#include <sys/time.h>
#include <time.h>

#include "probe.h"

static volatile sig_atomic_t caught;

static void on_signal(int sig)
{
	(void)sig;
	caught++;
}

static void handle(int flags)
{
	struct sigaction sa = { .sa_handler = on_signal, .sa_flags = flags };

	caught = 0;
	NEED(sigaction(SIGUSR1, &sa, NULL) == 0);
}

static timer_t signal_after(int ms, int again)
{
	struct sigevent ev = { .sigev_notify = SIGEV_SIGNAL,
			       .sigev_signo = SIGUSR1 };
	struct itimerspec at = { .it_value.tv_nsec = ms * 1000000L,
				 .it_interval.tv_nsec = again * 1000000L };
	timer_t t;

	NEED(timer_create(CLOCK_MONOTONIC, &ev, &t) == 0);
	NEED(timer_settime(t, 0, &at, NULL) == 0);
	return t;
}

static void blocking(void)
{
	int control, fd;

	probe_differs(DIFFER_LATE);
	control = late(300);
	fd = dial(PORT_LATE);
	echo(fd);
	OK(close(fd));
	OK(close(control));
}

static void nonblocking(void)
{
	struct peer p = peer(AF_INET, PORT_LATE);
	int control, fd, re;

	probe_differs(DIFFER_LATE);
	probe_differs(DIFFER_PENDING);
	control = late(300);
	fd = sock(AF_INET, SOCK_NONBLOCK);
	FAILS(connect(fd, &p.sa, p.len), EINPROGRESS);
	re = wait_for(fd, POLLOUT, 100);
	CHECK(!re, "writable too soon: revents 0x%x", re);
	NEED(wait_for(fd, POLLOUT, 5000) == POLLOUT);
	CHECK_INT(so_error(fd), 0);
	echo(fd);
	OK(close(fd));
	OK(close(control));
}

/* EINTR, and the connection goes on being made. */
static void interrupted(void)
{
	struct peer p = peer(AF_INET, PORT_LATE);
	int control, fd;
	timer_t t;

	probe_differs(DIFFER_LATE);
	probe_differs(DIFFER_INTERRUPT);
	handle(0);
	control = late(400);
	fd = sock(AF_INET, 0);
	t = signal_after(100, 0);
	FAILS(connect(fd, &p.sa, p.len), EINTR);
	CHECK_INT(caught, 1);
	timer_delete(t);
	CHECK_INT(so_error(fd), 0);
	CHECK_INT(wait_for(fd, POLLOUT, 0), 0);
	CHECK_INT(wait_for(fd, POLLOUT, 5000), POLLOUT);
	CHECK_INT(so_error(fd), 0);
	OK(connect(fd, &p.sa, p.len));
	FAILS(connect(fd, &p.sa, p.len), EISCONN);
	echo(fd);
	OK(close(fd));
	OK(close(control));
}

/* At any moment of a connect() that takes no longer than it must: over vsock
 * between two guests that is long enough for some to be interrupted. */
static void any_moment(void)
{
	struct peer p = peer(AF_INET, PORT_ECHO);
	int interrupted_ = 0;
	timer_t timer;

	handle(0);
	timer = signal_after(0, 0);
	for (int i = 0; i < 400 && !probe_failed(); i++) {
		int fd = sock(AF_INET, 0), r;
		struct itimerspec at = { .it_value.tv_nsec =
						 1 + i % 40 * 10000 };

		NEED(timer_settime(timer, 0, &at, NULL) == 0);
		r = connect(fd, &p.sa, p.len);
		if (r < 0) {
			NEED(errno == EINTR);
			interrupted_++;
			NEED(wait_for(fd, POLLOUT, 5000) == POLLOUT);
			CHECK_INT(so_error(fd), 0);
		}
		echo(fd);
		OK(close(fd));
	}
	timer_delete(timer);
	if (!strcmp(probe_form(), "vsock"))
		CHECK(interrupted_ > 0, "no connect() was interrupted");
}

/* The same where nothing ever answers, so that vsock shows it as well. */
static void interrupted_in_vain(void)
{
	struct peer p = peer(AF_INET, PORT_HOLE2);
	int fd;
	timer_t t;

	probe_differs(DIFFER_INTERRUPT);
	fd = sock(AF_INET, 0);
	handle(0);
	t = signal_after(100, 0);
	FAILS(connect(fd, &p.sa, p.len), EINTR);
	timer_delete(t);
	CHECK_INT(so_error(fd), 0);
	CHECK_INT(wait_for(fd, POLLOUT, 200), 0);
	OK(fcntl(fd, F_SETFL, O_RDWR | O_NONBLOCK));
	FAILS(connect(fd, &p.sa, p.len), EALREADY);
	CHECK(wait_for(fd, POLLOUT, 5000) & POLLERR);
	CHECK_INT(so_error(fd), ETIMEDOUT);
	OK(close(fd));
}

static void restarted(void)
{
	struct peer p = peer(AF_INET, PORT_LATE);
	int control, fd;
	timer_t t;

	probe_differs(DIFFER_LATE);
	handle(SA_RESTART);
	control = late(400);
	fd = sock(AF_INET, 0);
	t = signal_after(100, 50);
	OK(connect(fd, &p.sa, p.len));
	timer_delete(t);
	CHECK(caught > 0);
	echo(fd);
	OK(close(fd));
	OK(close(control));
}

/* SO_SNDTIMEO set: a handler is EINTR even with SA_RESTART, signal(7). */
static void restart_sndtimeo(void)
{
	struct timeval tv = { .tv_sec = 2 };
	struct peer p = peer(AF_INET, PORT_HOLE2);
	int fd;
	timer_t t;

	probe_differs(DIFFER_INTERRUPT);
	fd = sock(AF_INET, 0);
	handle(SA_RESTART);
	OK(setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &tv, sizeof(tv)));
	t = signal_after(100, 0);
	FAILS(connect(fd, &p.sa, p.len), EINTR);
	timer_delete(t);
	OK(close(fd));
}

/* Ignored signals, and such as have no handler, disturb nothing. */
static void ignored(void)
{
	struct peer p = peer(AF_INET, PORT_HOLE);
	long began = now_ms();
	int fd = sock(AF_INET, 0);
	timer_t t;

	signal(SIGUSR1, SIG_IGN);
	t = signal_after(50, 50);
	FAILS(connect(fd, &p.sa, p.len), ETIMEDOUT);
	CHECK(now_ms() - began >= 980, "after %ld ms", now_ms() - began);
	timer_delete(t);
	OK(close(fd));
}

static void *close_it(void *fd)
{
	nap(100);
	OK(close(*(int *)fd));
	return NULL;
}

/* Another thread closes the descriptor that connect() waits for: what
 * connect() then says is its own affair, but the number must stay closed. */
static void closed_meanwhile(void)
{
	struct peer p = peer(AF_INET, PORT_HOLE);
	int fd = sock(AF_INET, 0);
	pthread_t t;

	NEED(!pthread_create(&t, NULL, close_it, &fd));
	CHECK_INT(connect(fd, &p.sa, p.len), -1);
	pthread_join(t, NULL);
	FAILS(fcntl(fd, F_GETFD), EBADF);
}

static void *reuse_it(void *fd)
{
	nap(100);
	OK(dup2(STDOUT_FILENO, *(int *)fd));
	return NULL;
}

/* ... and where the number has become something else, it stays that. */
static void replaced_meanwhile(void)
{
	struct peer p = peer(AF_INET, PORT_HOLE);
	int fd = sock(AF_INET, 0);
	pthread_t t;

	NEED(!pthread_create(&t, NULL, reuse_it, &fd));
	CHECK_INT(connect(fd, &p.sa, p.len), -1);
	pthread_join(t, NULL);
	FAILS(getpeername(fd, &p.sa, &p.len), ENOTSOCK);
	OK(close(fd));
}

PROBE_MAIN({ "blocking connect to a late peer", blocking },
	   { "non-blocking connect to a late peer: not writable before",
	     nonblocking },
	   { "signal: EINTR, then it completes", interrupted },
	   { "signals at any moment", any_moment },
	   { "signal: EINTR, then it times out", interrupted_in_vain },
	   { "signal with SA_RESTART: goes on", restarted },
	   { "signal with SA_RESTART and SO_SNDTIMEO: EINTR",
	     restart_sndtimeo },
	   { "ignored signals are ignored", ignored },
	   { "closed by another thread meanwhile", closed_meanwhile },
	   { "replaced by another thread meanwhile", replaced_meanwhile })
