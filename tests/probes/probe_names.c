// SPDX-License-Identifier: GPL-3.0-or-later
/* getpeername(2) and getsockname(2): the addresses the program knows */
#include <netdb.h>
#include <netinet/in.h>

#include "probe.h"

static void names_of(int family, bool nonblocking)
{
	struct sockaddr_storage ss, again;
	struct peer p = peer(family, PORT_ECHO);
	socklen_t len = sizeof(ss);
	int fd =
		dial_family(family, PORT_ECHO, nonblocking ? SOCK_NONBLOCK : 0);

	memset(&ss, 0xee, sizeof(ss));
	OK(getpeername(fd, (struct sockaddr *)&ss, &len));
	CHECK_INT(len, p.len);
	CHECK(!memcmp(&ss, &p.ss, p.len), "peer is %s",
	      peer_text((struct sockaddr *)&ss));
	CHECK_INT(((unsigned char *)&ss)[p.len], 0xee);

	len = sizeof(ss);
	memset(&ss, 0xee, sizeof(ss));
	OK(getsockname(fd, (struct sockaddr *)&ss, &len));
	CHECK_INT(len, p.len);
	CHECK_INT(ss.ss_family, p.family);
	CHECK(peer_port((struct sockaddr *)&ss) > 0, "local name is %s",
	      peer_text((struct sockaddr *)&ss));
	if (family == MAPPED)
		CHECK(IN6_IS_ADDR_V4MAPPED(
			      &((struct sockaddr_in6 *)&ss)->sin6_addr),
		      "local name is %s", peer_text((struct sockaddr *)&ss));
	memset(&again, 0xee, sizeof(again));
	OK(getsockname(fd, (struct sockaddr *)&again, &len));
	CHECK(!memcmp(&ss, &again, sizeof(ss)), "it changed to %s",
	      peer_text((struct sockaddr *)&again));
	OK(close(fd));
}

static void ip4(void)
{
	names_of(AF_INET, false);
	names_of(AF_INET, true);
}

static void ip6(void)
{
	names_of(AF_INET6, false);
	names_of(AF_INET6, true);
}

static void mapped(void)
{
	names_of(MAPPED, false);
	names_of(MAPPED, true);
}

/* The address that a name got, which may stand for more than an address: as
 * it was given, or v4-mapped by the program, as Java does. */
static void placeholder_of(int family, bool map)
{
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM,
				  .ai_family = family };
	struct sockaddr_storage ss;
	struct addrinfo *ai;
	struct peer p = peer(MAPPED, PORT_ECHO);
	socklen_t len = sizeof(ss);
	int fd;

	NEED(!getaddrinfo(probe_name(), "7001", &hints, &ai));
	if (map) {
		memcpy(&((struct sockaddr_in6 *)&p.ss)->sin6_addr.s6_addr[12],
		       &((struct sockaddr_in *)ai->ai_addr)->sin_addr, 4);
	} else {
		memcpy(&p.ss, ai->ai_addr, ai->ai_addrlen);
		p.len = ai->ai_addrlen;
	}
	fd = sock(map ? MAPPED : family, 0);
	NEED(connect(fd, &p.sa, p.len) == 0, "%s", peer_text(&p.sa));
	OK(getpeername(fd, (struct sockaddr *)&ss, &len));
	CHECK_INT(len, p.len);
	CHECK(!memcmp(&ss, &p.ss, p.len), "peer is %s",
	      peer_text((struct sockaddr *)&ss));
	len = sizeof(ss);
	OK(getsockname(fd, (struct sockaddr *)&ss, &len));
	CHECK_INT(ss.ss_family, map ? AF_INET6 : family);
	CHECK(peer_port((struct sockaddr *)&ss) > 0);
	echo(fd);
	OK(close(fd));
	freeaddrinfo(ai);
}

static void placeholders(void)
{
	placeholder_of(AF_INET, false);
	placeholder_of(AF_INET, true);
	placeholder_of(AF_INET6, false);
}

/* A buffer that is too short: as much as fits, and the true length. */
static void short_of(int family,
		     int (*call)(int, struct sockaddr *, socklen_t *))
{
	unsigned char all[128], part[128];
	socklen_t whole = sizeof(all), len;
	int fd = dial_family(family, PORT_ECHO, 0);

	OK(call(fd, (struct sockaddr *)all, &whole));
	for (socklen_t n = 0; n <= whole + 1; n++) {
		memset(part, 0xee, sizeof(part));
		len = n;
		OK(call(fd, (struct sockaddr *)part, &len));
		CHECK_INT(len, whole);
		CHECK(!memcmp(part, all, n < whole ? n : whole), "of %u", n);
		CHECK_INT(part[n < whole ? n : whole], 0xee);
	}
	len = (socklen_t)-1;
	FAILS(call(fd, (struct sockaddr *)part, &len), EINVAL);
	FAILS(call(fd, (struct sockaddr *)part, NULL), EFAULT);
	len = 0;
	OK(call(fd, NULL, &len));
	CHECK_INT(len, whole);
	len = 4;
	FAILS(call(fd, NULL, &len), EFAULT);
	OK(close(fd));
}

static int get_peer(int fd, struct sockaddr *sa, socklen_t *len)
{
	return getpeername(fd, sa, len);
}

static int get_own(int fd, struct sockaddr *sa, socklen_t *len)
{
	return getsockname(fd, sa, len);
}

static void short_buffers(void)
{
	short_of(AF_INET, get_peer);
	short_of(AF_INET, get_own);
	short_of(AF_INET6, get_peer);
	short_of(AF_INET6, get_own);
}

static void before(void)
{
	struct sockaddr_storage ss;
	socklen_t len = sizeof(ss);
	int fd = sock(AF_INET6, 0);

	FAILS(getpeername(fd, (struct sockaddr *)&ss, &len), ENOTCONN);
	OK(getsockname(fd, (struct sockaddr *)&ss, &len));
	CHECK_INT(ss.ss_family, AF_INET6);
	CHECK_INT(peer_port((struct sockaddr *)&ss), 0);
	OK(close(fd));
	FAILS(getpeername(-1, (struct sockaddr *)&ss, &len), EBADF);
	FAILS(getsockname(fd, (struct sockaddr *)&ss, &len), EBADF);
}

static void pending(void)
{
	struct sockaddr_storage ss;
	struct peer p = peer(AF_INET, PORT_HOLE);
	socklen_t len = sizeof(ss);
	int fd = sock(AF_INET, SOCK_NONBLOCK);

	probe_differs(DIFFER_PENDING);
	FAILS(connect(fd, &p.sa, p.len), EINPROGRESS);
	FAILS(getpeername(fd, (struct sockaddr *)&ss, &len), ENOTCONN);
	OK(getsockname(fd, (struct sockaddr *)&ss, &len));
	CHECK_INT(ss.ss_family, AF_INET);
	CHECK_INT(len, p.len);
	CHECK(peer_port((struct sockaddr *)&ss) > 0);
	OK(close(fd));
}

static void failed(void)
{
	struct sockaddr_storage ss;
	struct peer p = peer(AF_INET, PORT_REFUSED);
	socklen_t len = sizeof(ss);
	int fd = sock(AF_INET, 0);

	FAILS(connect(fd, &p.sa, p.len), ECONNREFUSED);
	FAILS(getpeername(fd, (struct sockaddr *)&ss, &len), ENOTCONN);
	OK(close(fd));
}

/* The peer closed: still its name, until both sides are shut. */
static void left(void)
{
	struct sockaddr_storage ss;
	struct peer p = peer(AF_INET, PORT_BYE);
	socklen_t len = sizeof(ss);
	int fd = dial(PORT_BYE);
	char c;

	CHECK_INT(OK(read(fd, &c, 1)), 0);
	OK(getpeername(fd, (struct sockaddr *)&ss, &len));
	CHECK(!memcmp(&ss, &p.ss, p.len));
	OK(close(fd));
}

/* Two connections have two local names, and none is the peer's. */
static void distinct(void)
{
	struct sockaddr_storage ss;
	int fds[64], ports[64];

	for (int i = 0; i < 64; i++) {
		socklen_t len = sizeof(ss);

		fds[i] = dial(PORT_ECHO);
		OK(getsockname(fds[i], (struct sockaddr *)&ss, &len));
		ports[i] = peer_port((struct sockaddr *)&ss);
		CHECK(ports[i] > 0 && ports[i] != PORT_ECHO);
		for (int j = 0; j < i; j++)
			CHECK(ports[j] != ports[i], "%d and %d: port %d", j, i,
			      ports[i]);
	}
	for (int i = 0; i < 64; i++)
		OK(close(fds[i]));
}

/* The number is used again for something else: the old name is gone. */
static void reused(void)
{
	struct sockaddr_storage ss;
	socklen_t len = sizeof(ss);
	int fd = dial(PORT_ECHO), pair[2];

	OK(close(fd));
	NEED(socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0);
	CHECK_INT(pair[0], fd);
	OK(getpeername(fd, (struct sockaddr *)&ss, &len));
	CHECK_INT(ss.ss_family, AF_UNIX);
	OK(close(pair[0]));
	OK(close(pair[1]));
	fd = sock(AF_INET, 0);
	len = sizeof(ss);
	FAILS(getpeername(fd, (struct sockaddr *)&ss, &len), ENOTCONN);
	OK(close(fd));
}

PROBE_MAIN({ "both names, AF_INET", ip4 }, { "both names, AF_INET6", ip6 },
	   { "both names, v4-mapped", mapped },
	   { "both names, connected to the name's addresses", placeholders },
	   { "short buffers, true lengths, bad pointers", short_buffers },
	   { "before connect()", before }, { "in progress", pending },
	   { "after a failure", failed }, { "after the peer has left", left },
	   { "64 connections have 64 local names", distinct },
	   { "a number that is used again has no old name", reused })
