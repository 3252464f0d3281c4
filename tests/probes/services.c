// SPDX-License-Identifier: GPL-3.0-or-later
/* services: what the peer does on each port; ports.h has the list */
#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "ports.h"
#include "server.h"

#define CHUNK 65536

static bool send_all(int fd, const void *buf, size_t len)
{
	const char *p = buf;

	while (len) {
		ssize_t n = send(fd, p, len, MSG_NOSIGNAL);

		if (n < 0)
			return false;
		p += n;
		len -= (size_t)n;
	}
	return true;
}

static void serve_echo(int fd)
{
	char buf[CHUNK];
	ssize_t n;

	while ((n = read(fd, buf, sizeof(buf))) > 0)
		if (!send_all(fd, buf, (size_t)n))
			break;
	close(fd);
}

static void serve_hello(int fd)
{
	send_all(fd, "hello\n", 6);
	serve_echo(fd);
}

static void serve_bye(int fd)
{
	close(fd);
}

static void serve_reset(int fd)
{
	struct linger linger = { .l_onoff = 1 };
	char c;

	if (read(fd, &c, 1) == 1)
		setsockopt(fd, SOL_SOCKET, SO_LINGER, &linger, sizeof(linger));
	close(fd);
}

static void serve_source(int fd)
{
	unsigned char buf[CHUNK];
	uint64_t at = 0;

	while (at < PORT_SOURCE_BYTES) {
		for (size_t i = 0; i < sizeof(buf); i++)
			buf[i] = port_pattern(at + i);
		if (!send_all(fd, buf, sizeof(buf)))
			break;
		at += sizeof(buf);
	}
	close(fd);
}

static void serve_sink(int fd)
{
	unsigned char buf[CHUNK];
	unsigned long long at = 0, bad = 0;
	char line[64];
	ssize_t n;

	while ((n = read(fd, buf, sizeof(buf))) > 0)
		for (ssize_t i = 0; i < n; i++, at++)
			bad += buf[i] != port_pattern(at);
	send_all(fd, line,
		 (size_t)snprintf(line, sizeof(line), "%llu %llu\n", at, bad));
	close(fd);
}

/* Takes everything out of PORT_LATE's queue and fills it with one connection
 * of our own, which the loop below finds first.  Served only while the
 * commander is there, so that later cases find the port as it was. */
static void serve_control(int fd)
{
	struct pollfd p[2] = { { .fd = fd, .events = POLLIN },
			       { .fd = server_late, .events = POLLIN } };
	char line[64] = "";
	int ms = 0, own, c;

	if (read(fd, line, sizeof(line) - 1) <= 0 ||
	    sscanf(line, "late %d", &ms) != 1)
		goto out;
	while (poll(&p[1], 1, 0) > 0 &&
	       (c = accept(server_late, NULL, NULL)) >= 0)
		close(c);
	own = server_dial(server_late);
	send_all(fd, "ok\n", 3);
	usleep((useconds_t)ms * 1000);
	while (poll(p, 2, -1) > 0 && !p[0].revents)
		if ((c = accept(server_late, NULL, NULL)) >= 0)
			server_spawn(serve_echo, c);
	close(own);
out:
	close(fd);
}

const struct service services[] = {
	{ PORT_ECHO, serve_echo, 4096 },
	{ PORT_REFUSED, NULL, -1 },
	{ PORT_HOLE, NULL, 0 },
	{ PORT_BYE, serve_bye, 4096 },
	{ PORT_SOURCE, serve_source, 4096 },
	{ PORT_SINK, serve_sink, 4096 },
	{ PORT_LATE, NULL, 0 },
	{ PORT_HELLO, serve_hello, 4096 },
	{ PORT_CONTROL, serve_control, 4096 },
	{ PORT_RESET, serve_reset, 4096 },
	{ PORT_HOLE2, NULL, 0 },
	{ PORT_HOLE3, NULL, 0 },
};
const int service_count = sizeof(services) / sizeof(services[0]);
