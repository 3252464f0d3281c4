// SPDX-License-Identifier: GPL-3.0-or-later
/* connect(2), close(2), dup(2) and others are async-signal-safe: a handler
 * may call them in the middle of the same calls (signal-safety(7)) */
#include <signal.h>
#include <sys/time.h>

#include "probe.h"

static volatile sig_atomic_t calls, wrong;

/* Only calls that signal-safety(7) lists; no CHECK here. */
static void in_handler(int sig)
{
	struct peer p;
	int err = errno, fd, twin;
	char c = 'h', d = 0;

	(void)sig;
	p = peer(AF_INET, PORT_ECHO);
	fd = socket(AF_INET, SOCK_STREAM, 0);
	if (fd < 0 || connect(fd, &p.sa, p.len))
		wrong = __LINE__;
	else if (getpeername(fd, &p.sa, &p.len) || p.len != 16)
		wrong = __LINE__;
	else if (write(fd, &c, 1) != 1 || read(fd, &d, 1) != 1 || c != d)
		wrong = __LINE__;
	twin = dup(fd);
	if (twin < 0 || close(fd) || fcntl(twin, F_SETFD, FD_CLOEXEC) ||
	    close(twin))
		wrong = __LINE__;
	calls++;
	errno = err;
}

static void every_ms(int ms)
{
	struct sigaction sa = { .sa_handler = in_handler,
				.sa_flags = SA_RESTART };
	struct itimerval t = { { 0, ms * 1000 }, { 0, ms * 1000 } };

	calls = wrong = 0;
	sigaction(SIGVTALRM, &sa, NULL);
	sigaction(SIGPROF, &sa, NULL);
	NEED(setitimer(ITIMER_PROF, &t, NULL) == 0);
}

static void quiet(void)
{
	struct itimerval none = { 0 };

	setitimer(ITIMER_PROF, &none, NULL);
	signal(SIGPROF, SIG_IGN);
}

/* The timer counts processor time, so it strikes inside the calls. */
static void amidst(void)
{
	struct peer p = peer(AF_INET, PORT_ECHO);
	long end = now_ms() + 8000;

	every_ms(1);
	while (calls < 200 && now_ms() < end && !probe_failed()) {
		int fd = sock(AF_INET, 0), twin;

		CHECK_INT(connect(fd, &p.sa, p.len), 0);
		twin = dup(fd);
		CHECK_INT(close(fd), 0);
		CHECK_INT(getpeername(twin, &p.sa, &p.len), 0);
		CHECK_INT(close(twin), 0);
	}
	quiet();
	CHECK(calls > 10, "only %d signals", (int)calls);
	CHECK(!wrong, "handler failed at line %d", (int)wrong);
}

static void amidst_fork(void)
{
	every_ms(1);
	for (int i = 0; i < 40 && !probe_failed(); i++) {
		pid_t pid = fork();

		if (!pid) {
			quiet();
			_exit(0);
		}
		NEED(pid > 0);
		probe_reap(pid, 5000);
	}
	quiet();
	CHECK(!wrong, "handler failed at line %d", (int)wrong);
}

static int to_close = -1;

static void close_it(int sig)
{
	(void)sig;
	close(to_close);
}

/* The handler closes what the thread it interrupted is using. */
static void closed_in_handler(void)
{
	int fd = dial(PORT_ECHO);

	to_close = fd;
	signal(SIGUSR1, close_it);
	raise(SIGUSR1);
	FAILS(close(fd), EBADF);
	fd = dial(PORT_ECHO);
	CHECK_INT(fd, to_close);
	echo(fd);
	OK(close(fd));
}

static void mask_kept(void)
{
	sigset_t before, after;
	int fd;

	sigemptyset(&before);
	sigaddset(&before, SIGUSR2);
	sigprocmask(SIG_SETMASK, &before, NULL);
	fd = dial(PORT_ECHO);
	echo(fd);
	OK(close(dup(fd)));
	OK(close(fd));
	sigprocmask(SIG_SETMASK, NULL, &after);
	for (int sig = 1; sig < 32; sig++)
		CHECK_INT(sigismember(&after, sig), sig == SIGUSR2);
	sigemptyset(&before);
	sigprocmask(SIG_SETMASK, &before, NULL);
}

PROBE_MAIN({ "connect, dup, close in a handler, amidst the same", amidst },
	   { "the same while the program forks", amidst_fork },
	   { "close in a handler", closed_in_handler },
	   { "the signal mask is as before", mask_kept })
