// SPDX-License-Identifier: GPL-3.0-or-later
/* addr: sockaddrs, text, networks */

#include "unit.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include "addr.h"

static struct addr parse(const char *s)
{
	struct addr a;

	check(addr_parse(s, strlen(s), &a), "%s", s);
	return a;
}

static struct addr_net parse_net(const char *s)
{
	struct addr_net net;

	check(addr_parse_net(s, strlen(s), &net), "%s", s);
	return net;
}

static void test_format(void **state)
{
	/* in, out; RFC 5952 4 and 5 */
	static const char *const cases[][2] = {
		{ "0.0.0.0", "0.0.0.0" },
		{ "255.255.255.255", "255.255.255.255" },
		{ "198.18.0.1", "198.18.0.1" },
		{ "::ffff:10.1.2.3", "10.1.2.3" },
		{ "::ffff:0a01:0203", "10.1.2.3" },
		{ "::", "::" },
		{ "::1", "::1" },
		{ "1::", "1::" },
		{ "fd00:ec2::254", "fd00:ec2::254" },
		{ "FD00:0EC2:0:0:0:0:0:0254", "fd00:ec2::254" },
		{ "2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1" },
		{ "2001:0:0:1:0:0:0:1", "2001:0:0:1::1" },
		{ "2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1" },
		{ "0:0:1:0:0:0:0:0", "0:0:1::" },
		{ "1:2:3:4:5:6:0:0", "1:2:3:4:5:6::" },
		{ "0:0:3:4:5:6:7:8", "::3:4:5:6:7:8" },
		{ "0:2:3:4:5:6:7:0", "0:2:3:4:5:6:7:0" },
		{ "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
		  "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff" },
		{ "::1.2.3.4", "::102:304" },
	};
	char buf[ADDR_STRLEN];

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct addr a = parse(cases[i][0]), again;
		size_t n = addr_format(&a, buf);

		check(!strcmp(buf, cases[i][1]), "%s gave %s", cases[i][0],
		      buf);
		check(n == strlen(buf), "%s", buf);
		again = parse(buf);
		check(addr_equal(&a, &again), "%s", buf);
	}
}

static void test_parse_refuses(void **state)
{
	static const char *const cases[] = {
		"",
		" ",
		".",
		":",
		"1",
		"1.2.3",
		"1.2.3.4.5",
		"256.1.1.1",
		"1.2.3.4 ",
		" 1.2.3.4",
		"01.2.3.4",
		"0x1.2.3.4",
		"1.2.3.-4",
		"1..2.3",
		"[::1]",
		"::1%lo",
		"fe80::1%1",
		":::",
		"1::2::3",
		"1:2:3:4:5:6:7",
		"1:2:3:4:5:6:7:8:9",
		"12345::",
		"g::",
		"::1/128",
		"1.2.3.4/32",
		"localhost",
		"0000:0000:0000:0000:0000:0000:255.255.255.2555",
	};
	struct addr a;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		check(!addr_parse(cases[i], strlen(cases[i]), &a), "%s",
		      cases[i]);
	/* Not what stands before a NUL, and nothing behind @len. */
	assert_false(addr_parse("1.2.3.4\0", 8, &a));
	assert_true(addr_parse("1.2.3.45", 7, &a));
	assert_int_equal(a.b[15], 4);
	assert_false(addr_parse(NULL, 0, &a));
	assert_false(addr_parse("::1", (size_t)1 << 40, &a));
}

static void test_kinds(void **state)
{
	static const struct {
		const char *s;
		bool v4, loopback, unspecified;
	} cases[] = {
		{ "127.0.0.1", true, true, false },
		{ "127.255.255.255", true, true, false },
		{ "::ffff:127.0.0.1", true, true, false },
		{ "128.0.0.1", true, false, false },
		{ "126.255.255.255", true, false, false },
		{ "0.0.0.0", true, false, true },
		{ "0.0.0.1", true, false, false },
		{ "::1", false, true, false },
		{ "::2", false, false, false },
		{ "::", false, false, true },
		{ "::127.0.0.1", false, false, false },
		{ "1::1", false, false, false },
		{ "fd00:ec2::254", false, false, false },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct addr a = parse(cases[i].s);

		check(addr_is_v4(&a) == cases[i].v4, "%s", cases[i].s);
		check(addr_is_loopback(&a) == cases[i].loopback, "%s",
		      cases[i].s);
		check(addr_is_unspecified(&a) == cases[i].unspecified, "%s",
		      cases[i].s);
	}
}

static void test_in_net(void **state)
{
	static const struct {
		const char *net, *addr;
		bool in;
	} cases[] = {
		{ "10.0.0.0/8", "10.0.0.0", true },
		{ "10.0.0.0/8", "10.255.255.255", true },
		{ "10.0.0.0/8", "::ffff:10.9.8.7", true },
		{ "10.0.0.0/8", "11.0.0.0", false },
		{ "10.0.0.0/8", "9.255.255.255", false },
		{ "10.0.0.0/9", "10.127.255.255", true },
		{ "10.0.0.0/9", "10.128.0.0", false },
		{ "192.0.2.4/31", "192.0.2.5", true },
		{ "192.0.2.4/31", "192.0.2.6", false },
		{ "192.0.2.4", "192.0.2.4", true },
		{ "192.0.2.4/32", "192.0.2.5", false },
		{ "0.0.0.0/0", "255.1.2.3", true },
		{ "0.0.0.0/0", "::1", false },
		{ "0.0.0.0/1", "127.0.0.1", true },
		{ "0.0.0.0/1", "128.0.0.1", false },
		{ "::ffff:10.0.0.0/104", "10.1.2.3", true },
		{ "::ffff:10.0.0.0/104", "11.1.2.3", false },
		{ "::/0", "ffff::1", true },
		{ "::/0", "10.0.0.1", false },
		{ "::/80", "::ffff:10.0.0.1", false },
		{ "::/80", "::1", true },
		{ "fd00::/8", "fdff:1::", true },
		{ "fd00::/8", "fe00::", false },
		{ "fd00::/7", "fc00::", true },
		{ "2001:db8::/33", "2001:db8:7fff::", true },
		{ "2001:db8::/33", "2001:db8:8000::", false },
		{ "fd00:ec2::254", "fd00:ec2::254", true },
		{ "fd00:ec2::254/128", "fd00:ec2::255", false },
		{ "fd00:ec2::254/127", "fd00:ec2::255", true },
		/* host bits do not count */
		{ "10.1.2.3/8", "10.200.0.1", true },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct addr_net net = parse_net(cases[i].net);
		struct addr a = parse(cases[i].addr);

		check(addr_in_net(&a, &net) == cases[i].in, "%s in %s",
		      cases[i].addr, cases[i].net);
	}
}

static void test_net_refuses(void **state)
{
	static const char *const cases[] = {
		"",
		"/",
		"/8",
		"10.0.0.0/",
		"10.0.0.0/33",
		"10.0.0.0/-1",
		"10.0.0.0/+8",
		"10.0.0.0/8 ",
		"10.0.0.0/8/8",
		"10/8",
		"10.0.0.0/0008",
		"10.0.0.0/255.0.0.0",
		"::/129",
		"::/1000",
		"::/4294967296",
		"[::]/0",
		"10.0.0.0/a",
		"::/\0",
	};
	struct addr_net net;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		check(!addr_parse_net(cases[i], strlen(cases[i]), &net), "%s",
		      cases[i]);
	assert_false(addr_parse_net("::/1\0", 5, &net));
	assert_false(addr_parse_net(NULL, 0, &net));
}

static void test_net_base(void **state)
{
	static const char *const cases[][2] = {
		{ "10.1.2.3/8", "10.0.0.0" },
		{ "10.1.2.3/0", "0.0.0.0" },
		{ "10.255.2.3/12", "10.240.0.0" },
		{ "10.1.2.3/32", "10.1.2.3" },
		{ "fdff:1::1/9", "fd80::" },
		{ "fdff:1::1/0", "::" },
		{ "fdff:1::1/128", "fdff:1::1" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct addr_net net = parse_net(cases[i][0]);
		struct addr base, want = parse(cases[i][1]);

		addr_net_base(&net, &base);
		check(addr_equal(&base, &want), "%s", cases[i][0]);
	}
}

static void test_overlap(void **state)
{
	static const struct {
		const char *x, *y;
		bool overlap;
	} cases[] = {
		{ "198.18.0.0/15", "198.18.0.0/15", true },
		{ "198.18.0.0/15", "198.19.255.255", true },
		{ "198.18.0.0/15", "198.0.0.0/8", true },
		{ "198.18.0.0/15", "0.0.0.0/0", true },
		{ "198.18.0.0/15", "198.17.0.0/16", false },
		{ "198.18.0.0/15", "198.20.0.0/16", false },
		{ "198.18.0.0/15", "::/0", false },
		{ "fd76:736f:636b::/64", "::/0", true },
		{ "fd76:736f:636b::/64", "fd76:736f:636b:1::/64", false },
		{ "fd76:736f:636b::/64", "fd76:736f:636b::/48", true },
		{ "fd76:736f:636b::/64", "fd76:736f:636b::5", true },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct addr_net x = parse_net(cases[i].x);
		struct addr_net y = parse_net(cases[i].y);

		check(addr_net_overlap(&x, &y) == cases[i].overlap, "%s %s",
		      cases[i].x, cases[i].y);
		check(addr_net_overlap(&y, &x) == cases[i].overlap, "%s %s",
		      cases[i].y, cases[i].x);
	}
}

static void test_from_sockaddr(void **state)
{
	struct sockaddr_in in = { .sin_family = AF_INET,
				  .sin_port = htons(443) };
	struct sockaddr_in6 in6 = { .sin6_family = AF_INET6,
				    .sin6_port = htons(80) };
	struct sockaddr *sa = (struct sockaddr *)&in;
	struct sockaddr *sa6 = (struct sockaddr *)&in6;
	struct addr a, want = parse("10.1.2.3");
	char odd[sizeof(in6) + 1];
	uint16_t port;

	(void)state;
	inet_pton(AF_INET, "10.1.2.3", &in.sin_addr);
	assert_true(addr_from_sockaddr(sa, sizeof(in), &a, &port));
	assert_true(addr_equal(&a, &want));
	assert_int_equal(port, 443);
	assert_true(addr_from_sockaddr(sa, sizeof(in), &a, NULL));
	assert_true(addr_from_sockaddr(sa, 1000, &a, &port));
	for (socklen_t len = 0; len < sizeof(in); len++)
		assert_false(addr_from_sockaddr(sa, len, &a, &port));

	/* Java's way to say the same address */
	inet_pton(AF_INET6, "::ffff:10.1.2.3", &in6.sin6_addr);
	assert_true(addr_from_sockaddr(sa6, sizeof(in6), &a, &port));
	assert_true(addr_equal(&a, &want));
	assert_int_equal(port, 80);
	/* without scope id (RFC 2133), at an odd address */
	memcpy(odd + 1, &in6, sizeof(in6));
	assert_true(addr_from_sockaddr((void *)(odd + 1), 24, &a, &port));
	assert_true(addr_equal(&a, &want));
	for (socklen_t len = 0; len < 24; len++)
		assert_false(addr_from_sockaddr(sa6, len, &a, &port));

	assert_false(addr_from_sockaddr(NULL, sizeof(in6), &a, &port));
	in.sin_family = AF_UNIX;
	assert_false(addr_from_sockaddr(sa, sizeof(in), &a, &port));
	in.sin_family = AF_UNSPEC;
	assert_false(addr_from_sockaddr(sa, sizeof(in), &a, &port));
}

static void test_to_sockaddr(void **state)
{
	static const char *const texts[] = { "10.1.2.3", "fd00:ec2::254" };
	struct sockaddr_storage ss;
	struct addr a, back;
	socklen_t len;
	uint16_t port;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
		a = parse(texts[i]);
		assert_true(addr_to_sockaddr(&a, 443, AF_INET6, &ss, &len));
		assert_int_equal(len, sizeof(struct sockaddr_in6));
		assert_int_equal(ss.ss_family, AF_INET6);
		assert_true(addr_from_sockaddr((void *)&ss, len, &back, &port));
		assert_true(addr_equal(&a, &back));
		assert_int_equal(port, 443);
	}
	assert_false(addr_to_sockaddr(&a, 443, AF_INET, &ss, &len));
	assert_false(addr_to_sockaddr(&a, 443, AF_UNIX, &ss, &len));

	a = parse("10.1.2.3");
	assert_true(addr_to_sockaddr(&a, 65535, AF_INET, &ss, &len));
	assert_int_equal(len, sizeof(struct sockaddr_in));
	assert_true(addr_from_sockaddr((void *)&ss, len, &back, &port));
	assert_true(addr_equal(&a, &back));
	assert_int_equal(port, 65535);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_format),
		cmocka_unit_test(test_parse_refuses),
		cmocka_unit_test(test_kinds),
		cmocka_unit_test(test_in_net),
		cmocka_unit_test(test_net_refuses),
		cmocka_unit_test(test_net_base),
		cmocka_unit_test(test_overlap),
		cmocka_unit_test(test_from_sockaddr),
		cmocka_unit_test(test_to_sockaddr),
	};

	return cmocka_run_group_tests_name("addr", tests, NULL, NULL);
}
