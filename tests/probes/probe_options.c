// SPDX-License-Identifier: GPL-3.0-or-later
/* Socket options of TCP and IP: set, kept over connect(2), read back */
#include <netinet/in.h>
#include <netinet/tcp.h>

#include "probe.h"

struct option {
	const char *name;
	int level, opt, value;
	int want; /* what it reads back as */
};

static const struct option options[] = {
	{ "TCP_NODELAY", IPPROTO_TCP, TCP_NODELAY, 1, 1 },
	{ "TCP_KEEPIDLE", IPPROTO_TCP, TCP_KEEPIDLE, 61, 61 },
	{ "TCP_KEEPINTVL", IPPROTO_TCP, TCP_KEEPINTVL, 17, 17 },
	{ "TCP_KEEPCNT", IPPROTO_TCP, TCP_KEEPCNT, 5, 5 },
	{ "TCP_USER_TIMEOUT", IPPROTO_TCP, TCP_USER_TIMEOUT, 12345, 12345 },
	{ "TCP_SYNCNT", IPPROTO_TCP, TCP_SYNCNT, 3, 3 },
	{ "TCP_CORK", IPPROTO_TCP, TCP_CORK, 1, 1 },
	{ "IP_TOS", IPPROTO_IP, IP_TOS, 0x48, 0x48 },
	{ "IP_TTL", IPPROTO_IP, IP_TTL, 33, 33 },
};

static const struct option options6[] = {
	{ "TCP_NODELAY", IPPROTO_TCP, TCP_NODELAY, 1, 1 },
	{ "TCP_KEEPIDLE", IPPROTO_TCP, TCP_KEEPIDLE, 61, 61 },
	{ "IPV6_TCLASS", IPPROTO_IPV6, IPV6_TCLASS, 0x48, 0x48 },
	{ "IPV6_UNICAST_HOPS", IPPROTO_IPV6, IPV6_UNICAST_HOPS, 33, 33 },
};

#define COUNT(a) (int)(sizeof(a) / sizeof((a)[0]))

static void set(int fd, const struct option *o)
{
	NEED(setsockopt(fd, o->level, o->opt, &o->value, sizeof(int)) == 0,
	     "%s", o->name);
}

static void check(int fd, const struct option *o, int want)
{
	int v = -1;
	socklen_t len = sizeof(v);

	errno = PROBE_ERRNO;
	NEED(getsockopt(fd, o->level, o->opt, &v, &len) == 0, "%s", o->name);
	CHECK(errno == PROBE_ERRNO, "%s", o->name);
	CHECK(v == want, "%s is %d, expected %d", o->name, v, want);
	CHECK(len == sizeof(v), "%s: length %u", o->name, len);
}

static void before_of(int family, const struct option *o, int n)
{
	struct peer p = peer(family, PORT_ECHO);
	int fd = sock(family, 0);

	for (int i = 0; i < n; i++)
		set(fd, &o[i]);
	OK(connect(fd, &p.sa, p.len));
	for (int i = 0; i < n; i++)
		check(fd, &o[i], o[i].want);
	echo(fd);
	OK(close(fd));
}

static void before(void)
{
	before_of(AF_INET, options, COUNT(options));
	before_of(AF_INET6, options6, COUNT(options6));
}

static void after_of(int family, const struct option *o, int n)
{
	int fd = dial_family(family, PORT_ECHO, 0);

	for (int i = 0; i < n; i++)
		set(fd, &o[i]);
	for (int i = 0; i < n; i++)
		check(fd, &o[i], o[i].want);
	echo(fd);
	OK(close(fd));
}

static void after(void)
{
	after_of(AF_INET, options, COUNT(options));
	after_of(AF_INET6, options6, COUNT(options6));
}

/* What a socket says that nobody has set anything on. */
static void defaults(void)
{
	static const struct option o[] = {
		{ "TCP_NODELAY", IPPROTO_TCP, TCP_NODELAY, 0, 0 },
		{ "TCP_KEEPIDLE", IPPROTO_TCP, TCP_KEEPIDLE, 0, 7200 },
		{ "TCP_KEEPINTVL", IPPROTO_TCP, TCP_KEEPINTVL, 0, 75 },
		{ "TCP_KEEPCNT", IPPROTO_TCP, TCP_KEEPCNT, 0, 9 },
		{ "TCP_USER_TIMEOUT", IPPROTO_TCP, TCP_USER_TIMEOUT, 0, 0 },
		{ "TCP_CORK", IPPROTO_TCP, TCP_CORK, 0, 0 },
		{ "IP_TOS", IPPROTO_IP, IP_TOS, 0, 0 },
		{ "SO_KEEPALIVE", SOL_SOCKET, SO_KEEPALIVE, 0, 0 },
		{ "SO_ACCEPTCONN", SOL_SOCKET, SO_ACCEPTCONN, 0, 0 },
		{ "SO_ERROR", SOL_SOCKET, SO_ERROR, 0, 0 },
	};
	int fd = dial(PORT_ECHO), v = -1;
	socklen_t len = sizeof(v);

	for (int i = 0; i < COUNT(o); i++)
		check(fd, &o[i], o[i].want);
	OK(getsockopt(fd, IPPROTO_TCP, TCP_MAXSEG, &v, &len));
	CHECK(v > 0, "TCP_MAXSEG %d", v);
	v = 1;
	OK(setsockopt(fd, IPPROTO_TCP, TCP_QUICKACK, &v, sizeof(v)));
	OK(getsockopt(fd, IPPROTO_TCP, TCP_QUICKACK, &v, &len));
	CHECK_INT(v, 1);
	OK(close(fd));
}

static void kind_of(int family)
{
	int fd = dial_family(family, PORT_ECHO, 0);
	const struct option o[] = {
		{ "SO_DOMAIN", SOL_SOCKET, SO_DOMAIN, 0,
		  family == AF_INET ? AF_INET : AF_INET6 },
		{ "SO_PROTOCOL", SOL_SOCKET, SO_PROTOCOL, 0, IPPROTO_TCP },
		{ "SO_TYPE", SOL_SOCKET, SO_TYPE, 0, SOCK_STREAM },
	};

	for (int i = 0; i < COUNT(o); i++)
		check(fd, &o[i], o[i].want);
	OK(close(fd));
}

static void kind(void)
{
	kind_of(AF_INET);
	kind_of(AF_INET6);
	kind_of(MAPPED);
}

static void v6only(void)
{
	const struct option o = { "IPV6_V6ONLY", IPPROTO_IPV6, IPV6_V6ONLY, 0,
				  0 };
	struct peer p = peer(MAPPED, PORT_ECHO);
	int fd = sock(MAPPED, 0);

	set(fd, &o);
	OK(connect(fd, &p.sa, p.len));
	check(fd, &o, 0);
	OK(close(fd));
	/* Read, not only repeated: what the socket was set to. */
	p = peer(AF_INET6, PORT_ECHO);
	fd = sock(AF_INET6, 0);
	set(fd, &(struct option){ "", IPPROTO_IPV6, IPV6_V6ONLY, 1, 1 });
	OK(connect(fd, &p.sa, p.len));
	check(fd, &o, 1);
	OK(close(fd));
}

/* getsockopt() with a length that is short, nothing, long or nonsense. */
static void lengths_of(int level, int opt, int want)
{
	int fd = dial(PORT_ECHO);

	for (socklen_t n = 0; n <= 8; n++) {
		unsigned char buf[16];
		socklen_t len = n;
		int bytes = want;

		memset(buf, 0xee, sizeof(buf));
		OK(getsockopt(fd, level, opt, buf, &len));
		CHECK_INT(len, n < 4 ? n : 4);
		CHECK(!memcmp(buf, &bytes, len), "of %u bytes", n);
		CHECK_INT(buf[len], 0xee);
	}
	{
		socklen_t len = (socklen_t)-1;
		int v;

		FAILS(getsockopt(fd, level, opt, &v, &len), EINVAL);
		len = sizeof(v);
		FAILS(getsockopt(fd, level, opt, NULL, &len), EFAULT);
		FAILS(getsockopt(fd, level, opt, &v, NULL), EFAULT);
	}
	OK(close(fd));
}

static void lengths(void)
{
	lengths_of(IPPROTO_TCP, TCP_NODELAY, 0);
	lengths_of(IPPROTO_TCP, TCP_KEEPIDLE, 7200);
	lengths_of(SOL_SOCKET, SO_DOMAIN, AF_INET);
	lengths_of(SOL_SOCKET, SO_PROTOCOL, IPPROTO_TCP);
	lengths_of(SOL_SOCKET, SO_ERROR, 0);
}

/* IP options read into less than an int come as one byte, ip_sockglue.c. */
static void one_byte(void)
{
	unsigned char buf[4] = { 0xee, 0xee, 0xee, 0xee }, b = 0x28;
	socklen_t len = 1;
	int fd = dial(PORT_ECHO), v = -1;

	OK(setsockopt(fd, IPPROTO_IP, IP_TOS, &b, 1));
	OK(getsockopt(fd, IPPROTO_IP, IP_TOS, buf, &len));
	CHECK_INT(len, 1);
	CHECK_INT(buf[0], 0x28);
	CHECK_INT(buf[1], 0xee);
	len = 3;
	OK(getsockopt(fd, IPPROTO_IP, IP_TOS, buf, &len));
	CHECK_INT(len, 1);
	len = sizeof(v);
	OK(getsockopt(fd, IPPROTO_IP, IP_TOS, &v, &len));
	CHECK_INT(v, 0x28);
	CHECK_INT(len, sizeof(v));
	OK(close(fd));
}

static void bad_set(void)
{
	int fd = dial(PORT_ECHO), v = 1;

	FAILS(setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &v, 2), EINVAL);
	FAILS(setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, NULL, sizeof(v)),
	      EFAULT);
	v = -5;
	FAILS(setsockopt(fd, IPPROTO_TCP, TCP_KEEPIDLE, &v, sizeof(v)), EINVAL);
	v = 0;
	FAILS(setsockopt(fd, IPPROTO_TCP, TCP_KEEPCNT, &v, sizeof(v)), EINVAL);
	v = 32768;
	FAILS(setsockopt(fd, IPPROTO_TCP, TCP_KEEPINTVL, &v, sizeof(v)),
	      EINVAL);
	FAILS(setsockopt(fd, IPPROTO_TCP, 9999, &v, sizeof(v)), ENOPROTOOPT);
	FAILS(setsockopt(-1, IPPROTO_TCP, TCP_NODELAY, &v, sizeof(v)), EBADF);
	v = 1;
	OK(setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &v, 8));
	OK(close(fd));
}

/* Nonzero is true; it reads back as 1. */
static void truth(void)
{
	int fd = dial(PORT_ECHO);
	const struct option o = { "TCP_NODELAY", IPPROTO_TCP, TCP_NODELAY, 77,
				  1 };

	set(fd, &o);
	check(fd, &o, 1);
	OK(close(fd));
}

static void info(void)
{
	struct tcp_info ti = { 0 };
	socklen_t len = sizeof(ti);
	struct peer p = peer(AF_INET, PORT_ECHO);
	char name[16] = "";
	int fd = sock(AF_INET, 0);

	OK(getsockopt(fd, IPPROTO_TCP, TCP_INFO, &ti, &len));
	CHECK_INT(ti.tcpi_state, TCP_CLOSE);
	OK(connect(fd, &p.sa, p.len));
	len = sizeof(ti);
	OK(getsockopt(fd, IPPROTO_TCP, TCP_INFO, &ti, &len));
	CHECK_INT(ti.tcpi_state, TCP_ESTABLISHED);
	CHECK_INT(len, sizeof(ti));
	len = 1;
	OK(getsockopt(fd, IPPROTO_TCP, TCP_INFO, &ti, &len));
	CHECK_INT(len, 1);
	len = sizeof(name);
	if (getsockopt(fd, IPPROTO_TCP, TCP_CONGESTION, name, &len))
		CHECK_INT(errno, ENOPROTOOPT);
	OK(close(fd));
}

/* Programs try these and must be told no, not yes. */
static void refused(void)
{
	int fd = dial(PORT_ECHO), v = 1;

	CHECK_INT(setsockopt(fd, IPPROTO_TCP, TCP_ULP, "tls", 4), -1);
	CHECK_INT(setsockopt(fd, IPPROTO_TCP, TCP_FASTOPEN_CONNECT, &v,
			     sizeof(v)),
		  -1);
	echo(fd);
	OK(close(fd));
}

PROBE_MAIN({ "set before connect(), read back after", before },
	   { "set and read back after connect()", after },
	   { "defaults of a socket nobody has touched", defaults },
	   { "SO_DOMAIN, SO_PROTOCOL, SO_TYPE", kind },
	   { "IPV6_V6ONLY", v6only },
	   { "short, zero, long and bad lengths", lengths },
	   { "IP_TOS in one byte", one_byte },
	   { "values and lengths that TCP refuses", bad_set },
	   { "77 is true, and reads back as 1", truth },
	   { "TCP_INFO: closed, then established", info },
	   { "TCP_ULP and TCP_FASTOPEN_CONNECT fail", refused })
