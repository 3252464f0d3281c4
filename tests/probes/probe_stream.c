// SPDX-License-Identifier: GPL-3.0-or-later
/* Bytes through a connection, by all calls that move them: the kernel's work,
 * but on a socket that the program did not make */
#include <signal.h>
#include <sys/sendfile.h>
#include <sys/uio.h>

#include "probe.h"

static void download(void)
{
	static unsigned char buf[65536];
	uint64_t at = 0, bad = 0;
	int fd = dial(PORT_SOURCE);
	ssize_t n;

	while ((n = recv(fd, buf, sizeof(buf), 0)) > 0)
		for (ssize_t i = 0; i < n; i++, at++)
			bad += buf[i] != port_pattern(at);
	CHECK_INT(n, 0);
	CHECK_INT(at, PORT_SOURCE_BYTES);
	CHECK_INT(bad, 0);
	OK(close(fd));
}

/* What PORT_SINK says of what it got: all of it, and no byte wrong. */
static void verdict(int fd, uint64_t sent)
{
	unsigned long long got = 0, bad = 1;
	char line[64] = "";
	ssize_t n;

	OK(shutdown(fd, SHUT_WR));
	NEED(wait_for(fd, POLLIN, 20000) & POLLIN);
	n = recv(fd, line, sizeof(line) - 1, MSG_WAITALL);
	CHECK(n > 0 && sscanf(line, "%llu %llu", &got, &bad) == 2);
	CHECK_INT(got, sent);
	CHECK_INT(bad, 0);
	OK(close(fd));
}

static void upload(void)
{
	static unsigned char buf[100000];
	uint64_t at = 0;
	int fd = dial(PORT_SINK);

	for (int round = 0; round < 80; round++) {
		for (size_t i = 0; i < sizeof(buf); i++)
			buf[i] = port_pattern(at + i);
		CHECK_INT(OK(send(fd, buf, sizeof(buf), 0)), sizeof(buf));
		at += sizeof(buf);
	}
	verdict(fd, at);
}

/* Until the peer's buffers are full, and on when it has read. */
static void backpressure(void)
{
	static unsigned char buf[65536];
	uint64_t at = 0;
	int fd = dial_family(AF_INET, PORT_SINK, SOCK_NONBLOCK);

	while (at < 16u << 20) {
		ssize_t n;

		for (size_t i = 0; i < sizeof(buf); i++)
			buf[i] = port_pattern(at + i);
		n = send(fd, buf, sizeof(buf), 0);
		if (n < 0) {
			NEED(errno == EAGAIN);
			NEED(wait_for(fd, POLLOUT, 10000) & POLLOUT);
			continue;
		}
		at += (uint64_t)n;
	}
	verdict(fd, at);
}

/* Nobody reads: at some point it says EAGAIN. */
static void full(void)
{
	static char buf[65536];
	int fd = dial_family(AF_INET, PORT_SOURCE, SOCK_NONBLOCK);
	size_t sent = 0;
	ssize_t n;

	while ((n = send(fd, buf, sizeof(buf), MSG_NOSIGNAL)) > 0 &&
	       sent < 64u << 20)
		sent += (size_t)n;
	CHECK_INT(n, -1);
	CHECK_INT(errno, EAGAIN);
	CHECK(sent > 0);
	OK(close(fd));
}

static void scattered(void)
{
	char a[3], b[4], c[5];
	struct iovec out[] = { { (char *)"abc", 3 },
			       { (char *)"defg", 4 },
			       { (char *)"hijkl", 5 } };
	struct iovec in[] = { { a, 3 }, { b, 4 }, { c, 5 } };
	int fd = dial(PORT_ECHO);

	CHECK_INT(OK(writev(fd, out, 3)), 12);
	for (int got = 0; got < 12; nap(1))
		NEED((got = (int)recv(fd, (char[16]){ 0 }, 16, MSG_PEEK)) > 0);
	CHECK_INT(OK(readv(fd, in, 3)), 12);
	CHECK(!memcmp(a, "abc", 3) && !memcmp(b, "defg", 4) &&
	      !memcmp(c, "hijkl", 5));
	OK(close(fd));
}

static void peek(void)
{
	char buf[8] = "";
	int fd = dial(PORT_HELLO);

	NEED(wait_for(fd, POLLIN, 5000));
	CHECK_INT(OK(recv(fd, buf, 6, MSG_PEEK)), 6);
	CHECK_INT(OK(recv(fd, buf, 6, MSG_PEEK | MSG_DONTWAIT)), 6);
	CHECK_INT(OK(recv(fd, buf, 2, MSG_WAITALL)), 2);
	CHECK_INT(OK(recv(fd, buf, 8, 0)), 4);
	CHECK(!memcmp(buf, "llo\n", 4));
	FAILS(recv(fd, buf, 1, MSG_DONTWAIT), EAGAIN);
	OK(close(fd));
}

static void spliced(void)
{
	int fd = dial(PORT_SINK), p[2];
	FILE *f = tmpfile();
	off_t off = 0;

	NEED(f && pipe(p) == 0);
	for (uint64_t i = 0; i < 100000; i++)
		putc(port_pattern(i), f);
	fflush(f);
	while (off < 60000)
		OK(sendfile(fd, fileno(f), &off, (size_t)(60000 - off)));
	for (loff_t at = off; at < 100000;) {
		ssize_t n = splice(fileno(f), &at, p[1], NULL, 30000, 0);

		NEED(n > 0);
		while (n > 0) {
			ssize_t m = splice(p[0], NULL, fd, NULL, (size_t)n, 0);

			NEED(m > 0);
			n -= m;
		}
	}
	OK(close(p[0]));
	OK(close(p[1]));
	fclose(f);
	verdict(fd, 100000);
}

/* The peer is gone: a send fails with EPIPE at last, and no signal. */
static void gone(void)
{
	int fd = dial(PORT_BYE), n = 0;
	char c;

	CHECK_INT(OK(read(fd, &c, 1)), 0);
	while (send(fd, "x", 1, MSG_NOSIGNAL) == 1 && n++ < 1000)
		nap(1);
	CHECK(errno == EPIPE || errno == ECONNRESET);
	FAILS(send(fd, "x", 1, MSG_NOSIGNAL), EPIPE);
	OK(close(fd));
}

static volatile sig_atomic_t pipes;

static void on_pipe(int sig)
{
	(void)sig;
	pipes++;
}

static void sigpipe(void)
{
	int fd = dial(PORT_ECHO);

	probe_differs(DIFFER_SIGPIPE);
	signal(SIGPIPE, on_pipe);
	pipes = 0;
	OK(shutdown(fd, SHUT_WR));
	FAILS(write(fd, "x", 1), EPIPE);
	CHECK_INT(pipes, 1);
	FAILS(send(fd, "x", 1, MSG_NOSIGNAL), EPIPE);
	CHECK_INT(pipes, 1);
	signal(SIGPIPE, SIG_IGN);
	OK(close(fd));
}

static void reset(void)
{
	int fd = dial(PORT_RESET);
	char c;

	CHECK_INT(OK(send(fd, "x", 1, 0)), 1);
	NEED(wait_for(fd, POLLIN, 5000));
	if (probe_differs_here(DIFFER_RESET)) {
		ssize_t n = recv(fd, &c, 1, 0);

		CHECK(n == 0 || (n < 0 && errno == ECONNRESET));
	} else {
		FAILS(recv(fd, &c, 1, 0), ECONNRESET);
		CHECK_INT(recv(fd, &c, 1, 0), 0);
	}
	OK(close(fd));
}

/* Both directions end on their own. */
static void half_closed(void)
{
	char buf[16];
	int fd = dial(PORT_ECHO);

	CHECK_INT(OK(send(fd, "tail", 4, 0)), 4);
	OK(shutdown(fd, SHUT_WR));
	CHECK_INT(OK(recv(fd, buf, 4, MSG_WAITALL)), 4);
	CHECK_INT(OK(recv(fd, buf, 1, 0)), 0);
	FAILS(send(fd, "x", 1, MSG_NOSIGNAL), EPIPE);
	OK(close(fd));
	fd = dial(PORT_ECHO);
	OK(shutdown(fd, SHUT_RD));
	if (!probe_differs_here(DIFFER_SHUT_RD))
		CHECK_INT(OK(send(fd, "x", 1, MSG_NOSIGNAL)), 1);
	OK(close(fd));
	fd = dial(PORT_ECHO);
	FAILS(shutdown(fd, 7), EINVAL);
	OK(shutdown(fd, SHUT_RDWR));
	CHECK_INT(OK(recv(fd, buf, 1, 0)), 0);
	OK(close(fd));
}

PROBE_MAIN({ "8 MiB down", download }, { "8 MB up", upload },
	   { "16 MiB up without blocking", backpressure },
	   { "nobody reads: EAGAIN", full }, { "writev and readv", scattered },
	   { "MSG_PEEK, MSG_DONTWAIT, MSG_WAITALL", peek },
	   { "sendfile and splice", spliced },
	   { "the peer has gone: EPIPE", gone }, { "SIGPIPE", sigpipe },
	   { "reset by the peer", reset }, { "half close", half_closed })
