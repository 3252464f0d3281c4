// SPDX-License-Identifier: GPL-3.0-or-later
/* passed: the latest answers are remembered, and no others */

#include "unit.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include "passed.h"

#define MAX 1024 /* addresses that are remembered */

static struct addr parse(const char *s)
{
	struct addr a;

	check(addr_parse(s, strlen(s), &a), "%s", s);
	return a;
}

static void add(const char *s, int family)
{
	struct addr a = parse(s);
	struct sockaddr_storage ss;
	socklen_t len;

	assert_true(addr_to_sockaddr(&a, 443, family, &ss, &len));
	passed_add((void *)&ss, len);
}

static bool has(const char *s)
{
	struct addr a = parse(s);

	return passed_has(&a);
}

/* 10.x.y.z by number */
static void add_number(uint32_t n)
{
	struct sockaddr_in in = { .sin_family = AF_INET };

	in.sin_addr.s_addr = htonl(0x0a000000 + n);
	passed_add((void *)&in, sizeof(in));
}

static bool has_number(uint32_t n)
{
	char s[ADDR_STRLEN];
	struct in_addr in = { htonl(0x0a000000 + n) };

	return has(inet_ntop(AF_INET, &in, s, sizeof(s)));
}

static void test_forms(void **state)
{
	struct sockaddr_in6 in6 = { .sin6_family = AF_INET6 };
	struct sockaddr un = { .sa_family = AF_UNIX };

	(void)state;
	assert_false(has("192.0.2.1"));
	add("192.0.2.1", AF_INET);
	assert_true(has("192.0.2.1"));
	assert_true(has("::ffff:192.0.2.1"));
	assert_false(has("::192.0.2.1"));
	assert_false(has("192.0.2.2"));
	add("192.0.2.3", AF_INET6); /* v4-mapped */
	assert_true(has("192.0.2.3"));
	add("2001:db8::1", AF_INET6);
	assert_true(has("2001:db8::1"));
	assert_false(has("2001:db8::"));

	/* no IP address, or cut off: ignored */
	passed_add(&un, sizeof(un));
	passed_add(NULL, 0);
	passed_add((void *)&in6, 8);
	assert_false(has("::"));
	passed_add((void *)&in6, sizeof(in6));
	assert_true(has("::"));
}

/* One more than there is room for: the oldest goes, and only that. */
static void test_oldest_goes(void **state)
{
	(void)state;
	for (uint32_t i = 0; i < MAX; i++)
		add_number(i);
	for (uint32_t i = 0; i < MAX; i++)
		check(has_number(i), "%u", i);
	for (uint32_t i = MAX; i < 3 * MAX; i += 97) {
		for (uint32_t j = i; j < i + 97; j++)
			add_number(j);
		assert_false(has_number(i + 96 - MAX));
		assert_true(has_number(i + 97 - MAX));
		assert_true(has_number(i + 96));
	}
}

/* The same answer again takes no second place. */
static void test_again(void **state)
{
	(void)state;
	for (uint32_t i = 0; i < MAX; i++)
		add_number(100000 + i);
	for (uint32_t i = 0; i < 10 * MAX; i++)
		add_number(100000 + MAX - 1);
	for (uint32_t i = 0; i < MAX; i++)
		check(has_number(100000 + i), "%u", i);
}

/* An old address that has just been the answer again is among the latest. */
static void test_renewed(void **state)
{
	(void)state;
	for (uint32_t i = 0; i < MAX; i++)
		add_number(200000 + i);
	add_number(200000);
	add_number(300000);
	assert_true(has_number(300000));
	assert_true(has_number(200000));
	assert_false(has_number(200001));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_forms),
		cmocka_unit_test(test_oldest_goes),
		cmocka_unit_test(test_again),
		cmocka_unit_test(test_renewed),
	};

	return cmocka_run_group_tests_name("passed", tests, NULL, NULL);
}
