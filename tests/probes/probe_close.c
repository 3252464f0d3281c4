// SPDX-License-Identifier: GPL-3.0-or-later
/* Every way to close: the peer sees the end, the number is free, and what
 * takes the number next has no past */
#include <dlfcn.h>
#include <linux/close_range.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "probe.h"

/* A fresh socket gets the number, and is what it is. */
static void next_has_no_past(int fd)
{
	struct sockaddr_storage ss;
	struct peer p = peer(AF_INET, PORT_ECHO);
	socklen_t len = sizeof(ss);

	CHECK_INT(sock(AF_INET, 0), fd);
	FAILS(getpeername(fd, (struct sockaddr *)&ss, &len), ENOTCONN);
	OK(connect(fd, &p.sa, p.len));
	echo(fd);
	OK(close(fd));
}

/* The number is free and means nothing. */
static void gone(int fd)
{
	struct sockaddr_storage ss;
	socklen_t len = sizeof(ss);

	FAILS(fcntl(fd, F_GETFD), EBADF);
	FAILS(getpeername(fd, (struct sockaddr *)&ss, &len), EBADF);
	FAILS(close(fd), EBADF);
	next_has_no_past(fd);
}

static void alias(const char *name)
{
	int (*f)(int) = (int (*)(int))dlsym(RTLD_DEFAULT, name);
	int fd = dial(PORT_ECHO);

	CHECK(f ? f(fd) == 0 : close(fd) == 0, "%s", name);
	gone(fd);
}

static void plain(void)
{
	int fd = dial(PORT_ECHO);

	OK(close(fd));
	gone(fd);
	alias("__close");
	alias("__close_nocancel");
	FAILS(close(-1), EBADF);
	FAILS(close(99999), EBADF);
}

static void raw(void)
{
	int fd = dial(PORT_ECHO);

	OK(syscall(SYS_close, fd));
	gone(fd);
	fd = dial(PORT_ECHO);
	OK(syscall(SYS_close_range, fd, fd, 0));
	gone(fd);
	FAILS(syscall(SYS_close, -1), EBADF);
}

#ifdef __x86_64__
static int close_unseen(int fd)
{
	long r;

	__asm__ volatile("syscall"
			 : "=a"(r)
			 : "0"((long)SYS_close), "D"((long)fd)
			 : "rcx", "r11", "memory");
	return (int)r;
}

/* Behind everybody's back: not even through libc's syscall().  The second time
 * no call asks about the number before it is another socket's. */
static void unseen(void)
{
	int fd = dial(PORT_ECHO);

	CHECK_INT(close_unseen(fd), 0);
	gone(fd);
	fd = dial(PORT_ECHO);
	CHECK_INT(close_unseen(fd), 0);
	next_has_no_past(fd);
}
#else
static void unseen(void)
{
	probe_skip("written for x86-64 only");
}
#endif

static void stdio(void)
{
	int fd = dial(PORT_ECHO);
	FILE *f = fdopen(fd, "r+");

	NEED(f);
	CHECK_INT(fclose(f), 0);
	gone(fd);
	fd = dial(PORT_HELLO);
	f = fdopen(fd, "r");
	NEED(f);
	CHECK_INT(getc(f), 'h');
	CHECK_INT(fclose(f), 0);
	gone(fd);
}

static void reopened(void)
{
	struct sockaddr_storage ss;
	socklen_t len = sizeof(ss);
	int fd = dial(PORT_ECHO), now;
	FILE *f = fdopen(fd, "r+");

	NEED(f);
	f = freopen("/dev/null", "r", f);
	NEED(f);
	now = fileno(f);
	FAILS(getpeername(now, (struct sockaddr *)&ss, &len), ENOTSOCK);
	CHECK_INT(getc(f), EOF);
	CHECK_INT(fclose(f), 0);
	gone(fd);
}

static void range(void)
{
	int a = dial(PORT_ECHO), b = dial(PORT_ECHO), c = dial(PORT_ECHO);

	OK(close_range((unsigned)b, (unsigned)b, 0));
	FAILS(fcntl(b, F_GETFD), EBADF);
	echo(a);
	echo(c);
	OK(close_range((unsigned)a, (unsigned)c, CLOSE_RANGE_CLOEXEC));
	CHECK_INT(OK(fcntl(a, F_GETFD)), FD_CLOEXEC);
	echo(a);
	echo(c);
	OK(close_range((unsigned)a, (unsigned)c, 0));
	gone(a);
	FAILS(close_range(9, 8, 0), EINVAL);
	FAILS(close_range(8, 9, 0x4000), EINVAL);
}

static void all_in_child(void)
{
	int fd = dial(PORT_ECHO);

	OK(close_range(3, ~0u, 0));
	FAILS(fcntl(fd, F_GETFD), EBADF);
	fd = dial(PORT_ECHO);
	CHECK_INT(fd, 3);
	echo(fd);
	closefrom(3);
	FAILS(fcntl(fd, F_GETFD), EBADF);
	fd = dial(PORT_ECHO);
	CHECK_INT(fd, 3);
	echo(fd);
	for (int i = 3; i < 5000; i++)
		close(i);
	fd = dial(PORT_ECHO);
	CHECK_INT(fd, 3);
	echo(fd);
	/* Standard descriptors too: what a daemon does. */
	OK(close(fd));
	for (int i = 0; i < 3; i++)
		OK(close(i));
	CHECK_INT(fd = dial(PORT_ECHO), 0);
	echo(fd);
	CHECK_INT(dial(PORT_ECHO), 1);
	CHECK_INT(dial(PORT_ECHO), 2);
	echo(1);
	echo(2);
}

/* close_range and closefrom of everything, in a child, which has its own
 * descriptors; the parent's connection goes on. */
static void all(void)
{
	int fd = dial(PORT_ECHO);

	probe_child(all_in_child);
	echo(fd);
	OK(close(fd));
}

static void unshared_in_child(void)
{
	int fd = dial(PORT_ECHO);

	OK(close_range(3, ~0u, CLOSE_RANGE_UNSHARE));
	FAILS(fcntl(fd, F_GETFD), EBADF);
	fd = dial(PORT_ECHO);
	echo(fd);
}

static void unshared(void)
{
	probe_child(unshared_in_child);
}

/* The peer sees the end at once: nothing of ours holds the connection. */
static void peer_sees(void)
{
	for (int i = 0; i < 3; i++) {
		int fd = dial(PORT_SINK), twin = dup(fd), n = 0;
		char line[32] = "";

		CHECK_INT(OK(write(fd, "abc", 3)), 3);
		OK(close(fd));
		OK(shutdown(twin, SHUT_WR));
		NEED(wait_for(twin, POLLIN, 5000));
		n = (int)OK(read(twin, line, sizeof(line) - 1));
		CHECK(n > 1 && atoi(line) == 3, "the sink says %s", line);
		CHECK_INT(OK(read(twin, line, 1)), 0);
		OK(close(twin));
	}
}

PROBE_MAIN({ "close, __close, __close_nocancel", plain },
	   { "syscall(SYS_close), syscall(SYS_close_range)", raw },
	   { "the bare system call", unseen }, { "fclose", stdio },
	   { "freopen", reopened },
	   { "close_range, with CLOSE_RANGE_CLOEXEC", range },
	   { "everything, in a child", all },
	   { "CLOSE_RANGE_UNSHARE", unshared },
	   { "half close and end of file", peer_sees })
