// SPDX-License-Identifier: GPL-3.0-or-later
/* emulate_opts: every option's range, lengths and read-back; and beside a TCP
 * socket of this kernel */

#include "fd_util.h"

#include <arpa/inet.h>
#include <errno.h>
#include <limits.h>
#include <netinet/in.h>
#include <netinet/tcp.h>

#include "emulate.h"

#define OPTION(level, name) level, name, #name

static const struct option {
	int level, name;
	const char *text;
	int good[4]; /* taken, and read back */
	int bad[2];  /* EINVAL; 0, 0: every number is taken */
	bool truth;  /* reads back as 0 or 1 */
} options[] = {
	{ OPTION(IPPROTO_TCP, TCP_NODELAY), { 0, 1, -7, INT_MAX }, {}, true },
	{ OPTION(IPPROTO_TCP, TCP_CORK), { 0, 1, -7, INT_MIN }, {}, true },
	{ OPTION(IPPROTO_TCP, TCP_QUICKACK), { 0, 1, 0, 2 }, {}, true },
	{ OPTION(IPPROTO_TCP, TCP_MAXSEG),
	  { 88, 32767, 536, 1460 },
	  { 87, 32768 },
	  false },
	{ OPTION(IPPROTO_TCP, TCP_KEEPIDLE),
	  { 1, 32767, 30, 60 },
	  { 0, 32768 },
	  false },
	{ OPTION(IPPROTO_TCP, TCP_KEEPINTVL),
	  { 1, 32767, 30, 60 },
	  { 0, 32768 },
	  false },
	{ OPTION(IPPROTO_TCP, TCP_KEEPCNT),
	  { 1, 127, 3, 9 },
	  { 0, 128 },
	  false },
	{ OPTION(IPPROTO_TCP, TCP_SYNCNT),
	  { 1, 127, 3, 9 },
	  { 0, 128 },
	  false },
	{ OPTION(IPPROTO_TCP, TCP_LINGER2), { 1, -1, 30, 60 }, {}, false },
	{ OPTION(IPPROTO_TCP, TCP_USER_TIMEOUT),
	  { 0, 1, 30000, INT_MAX },
	  { -1, INT_MIN },
	  false },
	{ OPTION(IPPROTO_TCP, TCP_NOTSENT_LOWAT),
	  { 0, 16384, -1, INT_MAX },
	  {},
	  false },
	{ OPTION(IPPROTO_IP, IP_TOS), { 0, 0x10, 0x08, 0xb8 }, {}, false },
	{ OPTION(IPPROTO_IP, IP_TTL), { 1, 64, 128, 255 }, { 0, 256 }, false },
	{ OPTION(IPPROTO_IP, IP_MTU_DISCOVER),
	  { 0, 2, 3, 5 },
	  { -1, 6 },
	  false },
	{ OPTION(IPPROTO_IP, IP_RECVTOS), { 0, 1, 2, -1 }, {}, true },
	{ OPTION(IPPROTO_IPV6, IPV6_TCLASS),
	  { 0, 0x10, 0x08, 0xb8 },
	  { -2, 256 },
	  false },
	{ OPTION(IPPROTO_IPV6, IPV6_UNICAST_HOPS),
	  { 0, 1, 64, 255 },
	  { -2, 256 },
	  false },
	{ OPTION(IPPROTO_IPV6, IPV6_MTU_DISCOVER),
	  { 0, 2, 3, 5 },
	  { -1, 6 },
	  false },
	{ OPTION(IPPROTO_IP, IP_RECVTTL), { 0, 1, 2, -1 }, {}, true },
	{ OPTION(IPPROTO_IP, IP_RECVERR), { 0, 1, 2, -1 }, {}, true },
	{ OPTION(SOL_SOCKET, SO_REUSEPORT), { 0, 1, 0, 7 }, {}, true },
};

static int set(struct conn *c, const struct option *o, int v)
{
	return emulate_opts_set(c, o->level, o->name, &v, sizeof(v));
}

static int get(const struct conn *c, const struct option *o)
{
	struct emulate_answer a;

	check(emulate_opts_get(c, o->level, o->name, &a) == 0, "%s", o->text);
	check(a.len == sizeof(int), "%s", o->text);
	check(a.byte == (o->level == IPPROTO_IP), "%s", o->text);
	return a.value.number;
}

static void test_ranges(void **state)
{
	struct conn c = { .family = AF_INET6 };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(options); i++) {
		const struct option *o = &options[i];
		bool any = !o->bad[0] && !o->bad[1];

		for (size_t j = 0; j < ARRAY_LEN(o->good); j++) {
			int v = o->good[j];

			check(set(&c, o, v) == 0, "%s %d", o->text, v);
			check(get(&c, o) == (o->truth ? !!v : v), "%s %d",
			      o->text, v);
		}
		for (size_t j = 0; !any && j < ARRAY_LEN(o->bad); j++) {
			int before = get(&c, o);

			check(set(&c, o, o->bad[j]) == -EINVAL, "%s %d",
			      o->text, o->bad[j]);
			check(get(&c, o) == before, "%s %d", o->text,
			      o->bad[j]);
		}
	}
	/* each has a place of its own */
	for (size_t i = 0; i < ARRAY_LEN(options); i++)
		assert_int_equal(set(&c, &options[i], options[i].good[1]), 0);
	for (size_t i = 0; i < ARRAY_LEN(options); i++) {
		int v = options[i].good[1];

		check(get(&c, &options[i]) == (options[i].truth ? !!v : v),
		      "%s", options[i].text);
	}
}

/* Shorter than an int: one byte at IP level, EINVAL elsewhere; longer: the
 * first bytes. */
static void test_lengths(void **state)
{
	static const unsigned char four[8] = { 4, [4] = 0xff };
	struct conn c = { .family = AF_INET6 };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(options); i++) {
		const struct option *o = &options[i];

		if (set(&c, o, 4)) /* too little for MAXSEG */
			continue;
		for (socklen_t len = 1; len <= sizeof(four); len++) {
			bool good =
				len >= sizeof(int) || o->level == IPPROTO_IP;

			check(emulate_opts_set(&c, o->level, o->name, four,
					       len) == (good ? 0 : -EINVAL),
			      "%s, %u bytes", o->text, len);
			check(get(&c, o) == (o->truth ? 1 : 4), "%s, %u bytes",
			      o->text, len);
		}
		check(emulate_opts_set(&c, o->level, o->name, NULL, 4) ==
			      -EFAULT,
		      "%s", o->text);
	}
}

static void test_others(void **state)
{
	static const struct {
		int level, name, result;
	} cases[] = {
		{ IPPROTO_TCP, TCP_ULP, -ENOPROTOOPT },
		{ IPPROTO_TCP, TCP_FASTOPEN_CONNECT, -ENOPROTOOPT },
		{ IPPROTO_TCP, TCP_REPAIR, -ENOPROTOOPT },
		{ IPPROTO_TCP, TCP_MD5SIG, -ENOPROTOOPT },
		{ IPPROTO_TCP, 12345, -ENOPROTOOPT },
		{ IPPROTO_TCP, -1, -ENOPROTOOPT },
		{ IPPROTO_IP, 12345, -ENOPROTOOPT },
		{ IPPROTO_IPV6, 12345, -ENOPROTOOPT },
		{ SOL_SOCKET, SO_SNDBUF, EMULATE_REAL },
		{ SOL_SOCKET, SO_KEEPALIVE, EMULATE_REAL },
		{ 12345, TCP_NODELAY, EMULATE_REAL },
	};
	struct conn c = { .family = AF_INET6 };
	struct emulate_answer a;
	int v = 1;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		check(emulate_opts_set(&c, cases[i].level, cases[i].name, &v,
				       sizeof(v)) == cases[i].result,
		      "%zu", i);
		check(emulate_opts_get(&c, cases[i].level, cases[i].name, &a) ==
			      cases[i].result,
		      "%zu", i);
	}
	/* fixed once connected, but it can be asked for */
	assert_int_equal(
		emulate_opts_set(&c, IPPROTO_IPV6, IPV6_V6ONLY, &v, sizeof(v)),
		-EINVAL);
	assert_int_equal(emulate_opts_get(&c, IPPROTO_IPV6, IPV6_V6ONLY, &a),
			 0);
	/* an IPv4 socket has no IPv6 options */
	c.family = AF_INET;
	assert_int_equal(
		emulate_opts_set(&c, IPPROTO_IPV6, IPV6_TCLASS, &v, sizeof(v)),
		-ENOPROTOOPT);
	assert_int_equal(set(&c, &options[0], 1), 0);
}

/* From the program's socket to the connection, and back to a fresh socket */
static void test_carried(void **state)
{
	static const int families[] = { AF_INET, AF_INET6 };

	(void)state;
	for (size_t f = 0; f < ARRAY_LEN(families); f++) {
		int a = socket(families[f], SOCK_STREAM, 0);
		int b = socket(families[f], SOCK_STREAM, 0);
		struct conn c = { .family = families[f] };

		assert_true(a >= 0 && b >= 0);
		for (size_t i = 0; i < ARRAY_LEN(options); i++)
			setsockopt(a, options[i].level, options[i].name,
				   &options[i].good[1], sizeof(int));
		emulate_opts_read(&c, a);
		emulate_opts_write(&c, b);
		for (size_t i = 0; i < ARRAY_LEN(options); i++) {
			const struct option *o = &options[i];
			int va = 0, vb = 0;
			socklen_t len = sizeof(int);

			if (getsockopt(a, o->level, o->name, &va, &len))
				continue;
			check(get(&c, o) == va, "%s", o->text);
			getsockopt(b, o->level, o->name, &vb, &len);
			check(vb == va, "%s: %d, %d", o->text, va, vb);
		}
		close(a);
		close(b);
	}
}

/* A connected TCP socket over loopback, or -1 */
static int tcp_connection(int peers[2])
{
	struct sockaddr_in6 in6 = { .sin6_family = AF_INET6,
				    .sin6_addr = IN6ADDR_LOOPBACK_INIT };
	socklen_t len = sizeof(in6);

	peers[0] = socket(AF_INET6, SOCK_STREAM, 0);
	peers[1] = socket(AF_INET6, SOCK_STREAM, 0);
	if (bind(peers[0], (void *)&in6, len) || listen(peers[0], 1) ||
	    getsockname(peers[0], (void *)&in6, &len))
		return -1;
	return connect(peers[1], (void *)&in6, len);
}

/* What only a TCP connection knows: the segment size in use, and the system's
 * default time, which 0 and less stand for */
static bool tells_its_own(const struct option *o, int v)
{
	return o->level == IPPROTO_TCP &&
	       (o->name == TCP_MAXSEG || (o->name == TCP_LINGER2 && v <= 0));
}

/* Both sockets are given @v.  Return: do they say the same? */
static bool alike(struct conn *c, const struct option *o, int v, int tcp)
{
	int r = setsockopt(tcp, o->level, o->name, &v, sizeof(v)) ? -errno : 0;
	int ours = set(c, o, v), got = 0;
	socklen_t len = sizeof(got);

	if (ours != r) {
		print_error("%s %d: %d, TCP says %d\n", o->text, v, ours, r);
		return false;
	}
	getsockopt(tcp, o->level, o->name, &got, &len);
	if (r || tells_its_own(o, v) || get(c, o) == got)
		return true;
	print_error("%s %d: reads %d, TCP's %d\n", o->text, v, get(c, o), got);
	return false;
}

/* What this kernel's TCP takes and refuses, so do we. */
static void test_as_kernel(void **state)
{
	static const int values[] = { INT_MIN, -2,    -1,     0,    1,
				      2,       87,    88,     127,  128,
				      255,     256,   1000,   4096, 32767,
				      32768,   65536, INT_MAX };
	struct conn c = { .family = AF_INET6 };
	unsigned differ = 0;
	int s[2];

	(void)state;
	if (tcp_connection(s)) {
		print_message("SKIP: no loopback, no TCP to compare with\n");
		skip();
	}
	for (size_t i = 0; i < ARRAY_LEN(options); i++) {
		for (size_t j = 0; j < ARRAY_LEN(values); j++)
			differ += !alike(&c, &options[i], values[j], s[1]);
	}
	close(s[0]);
	close(s[1]);
	assert_int_equal(differ, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ranges),
		cmocka_unit_test(test_lengths),
		cmocka_unit_test(test_others),
		cmocka_unit_test(test_carried),
		cmocka_unit_test(test_as_kernel),
	};

	return cmocka_run_group_tests_name("emulate_opts", tests, NULL, NULL);
}
