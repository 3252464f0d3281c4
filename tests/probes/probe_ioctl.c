// SPDX-License-Identifier: GPL-3.0-or-later
/* ioctl(2): how many bytes wait, and what else is asked of a socket */
#include <linux/sockios.h>
#include <sys/ioctl.h>

#include "probe.h"

static int fionread(int fd)
{
	int n = -1;

	OK(ioctl(fd, FIONREAD, &n));
	return n;
}

/* Waits until @want bytes have come, or for a second. */
static int settles(int fd, int want)
{
	long end = now_ms() + 1000;
	int n;

	while ((n = fionread(fd)) != want && now_ms() < end)
		nap(1);
	return n;
}

static void waiting(void)
{
	static char buf[5000];
	int fd = dial(PORT_ECHO);

	CHECK_INT(fionread(fd), 0);
	CHECK_INT(OK(send(fd, buf, 777, 0)), 777);
	CHECK_INT(settles(fd, 777), 777);
	CHECK_INT(OK(recv(fd, buf, 77, 0)), 77);
	CHECK_INT(fionread(fd), 700);
	CHECK_INT(OK(recv(fd, buf, sizeof(buf), 0)), 700);
	CHECK_INT(fionread(fd), 0);
	CHECK_INT(OK(send(fd, buf, 5000, 0)), 5000);
	CHECK_INT(settles(fd, 5000), 5000);
	CHECK_INT(OK(recv(fd, buf, sizeof(buf), MSG_WAITALL)), 5000);
	OK(close(fd));
}

/* Java's available() asks so on every read. */
static void at_the_end(void)
{
	int fd = dial(PORT_BYE);

	NEED(wait_for(fd, POLLIN, 5000));
	CHECK_INT(fionread(fd), 0);
	OK(close(fd));
}

static void unread(void)
{
	int fd = dial(PORT_SOURCE), n;

	NEED(wait_for(fd, POLLIN, 5000));
	nap(50);
	n = fionread(fd);
	CHECK(n > 0, "FIONREAD %d of a full queue", n);
	OK(close(fd));
}

static void unsent(void)
{
	int fd = dial(PORT_ECHO), n = -1;
	long end = now_ms() + 1000;

	OK(ioctl(fd, SIOCOUTQ, &n));
	CHECK_INT(n, 0);
	echo(fd);
	do
		OK(ioctl(fd, SIOCOUTQ, &n));
	while (n && now_ms() < end);
	CHECK_INT(n, 0);
	OK(close(fd));
}

static void other(void)
{
	int fd = dial(PORT_ECHO), on = 1, off = 0;

	OK(ioctl(fd, FIOCLEX));
	CHECK_INT(OK(fcntl(fd, F_GETFD)), FD_CLOEXEC);
	OK(ioctl(fd, FIONCLEX));
	CHECK_INT(OK(fcntl(fd, F_GETFD)), 0);
	OK(ioctl(fd, FIONBIO, &on));
	CHECK(OK(fcntl(fd, F_GETFL)) & O_NONBLOCK);
	OK(ioctl(fd, FIONBIO, &off));
	FAILS(ioctl(fd, 0x54ff, &on), ENOTTY);
	FAILS(ioctl(fd, TIOCGWINSZ, &on), ENOTTY);
	FAILS(ioctl(fd, FIONREAD, NULL), EFAULT);
	FAILS(ioctl(-1, FIONREAD, &on), EBADF);
	CHECK(!isatty(fd));
	echo(fd);
	OK(close(fd));
}

/* ioctl of what is not ours goes to the kernel. */
static void pipes(void)
{
	int p[2];

	NEED(pipe(p) == 0);
	NEED(write(p[1], "abc", 3) == 3);
	CHECK_INT(fionread(p[0]), 3);
	OK(close(p[0]));
	OK(close(p[1]));
}

PROBE_MAIN({ "FIONREAD counts what waits", waiting },
	   { "FIONREAD at the end of file", at_the_end },
	   { "FIONREAD of a full queue", unread }, { "SIOCOUTQ", unsent },
	   { "other requests", other }, { "FIONREAD of a pipe", pipes })
