// SPDX-License-Identifier: GPL-3.0-or-later
/* route: first match by name, by address, by number */

#include "conf_util.h"

#include "route.h"

#define NONE (-1)

static const char text[] =
	"route kms.*.amazonaws.com:443 vsock:3:8000\n" /* 0 */
	"pass  kms.*.amazonaws.com:80\n"               /* 1 */
	"deny  secret.example\n"                       /* 2 */
	"route **.example:443 vsock:3:8001\n"          /* 3 */
	"route @imds:80 vsock:3:8002\n"                /* 4 */
	"route @aws:443 vsock:3:8003\n"                /* 5 */
	"pass  10.1.0.0/16\n"                          /* 6 */
	"route 10.0.0.0/8:443 vsock:3:8004\n"          /* 7 */
	"deny  kms.*.amazonaws.com\n"                  /* 8 */
	"route [2001:db8::/32] vsock:3:8005\n"         /* 9 */
	"route my.localhost vsock:3:8006\n"            /* 10 */
	"route 127.9.9.9 vsock:3:8007\n"               /* 11 */
	"route *:5432 unix:/run/pg\n";                 /* 12 */

static int number(const struct conf *c, const struct rule *r)
{
	return r ? (int)(r - c->rules) : NONE;
}

static void test_by_name(void **state)
{
	static const struct {
		const char *name;
		uint16_t port;
		int rule;
	} cases[] = {
		{ "kms.us-east-1.amazonaws.com", 443, 0 },
		{ "KMS.us-east-1.amazonaws.com.", 443, 0 },
		{ "kms.us-east-1.amazonaws.com", 80, 1 },
		{ "kms.us-east-1.amazonaws.com", 8443, 8 },
		{ "kms.us-east-1.amazonaws.com", 0, 0 },
		{ "s3.amazonaws.com", 443, 5 },
		{ "s3.amazonaws.com", 0, 5 },
		{ "s3.amazonaws.com", 80, NONE },
		{ "secret.example", 443, 2 },
		{ "secret.example", 0, 2 },
		{ "a.b.example", 443, 3 },
		{ "a.b.example", 5432, 12 },
		{ "example", 443, NONE },
		{ "db", 5432, 12 },
		{ "db", 0, 12 },
		{ "db", 443, NONE },
		/* never by `*`, but by their name */
		{ "localhost", 5432, NONE },
		{ "LOCALHOST.", 5432, NONE },
		{ "x.localhost", 5432, NONE },
		{ "my.localhost", 5432, 10 },
		{ "notlocalhost", 5432, 12 },
		/* no host names */
		{ "", 5432, NONE },
		{ ".", 5432, NONE },
		{ "10.0.0.1", 5432, NONE },
		{ "127.1", 5432, NONE },
		{ "0x7f000001", 5432, NONE },
		{ "2130706433", 5432, NONE },
		{ "a.0x1F", 5432, NONE },
		{ "::1", 5432, NONE },
		{ "fe80::1%eth0", 5432, NONE },
		/* not quite numbers */
		{ "0x", 5432, 12 },
		{ "0xg", 5432, 12 },
		{ "1a", 5432, 12 },
		{ "10.0.0.1x", 5432, 12 },
		{ "1.a", 5432, 12 },
		/* an empty label: only `*` */
		{ "a..example", 443, NONE },
		{ ".a.example", 443, NONE },
		{ "a.example..", 443, NONE },
		{ "a..example", 5432, 12 },
	};
	struct conf c;

	(void)state;
	conf_util_load(&c, text);
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		const struct rule *r =
			route_by_name(&c, cases[i].name, strlen(cases[i].name),
				      cases[i].port);

		check(number(&c, r) == cases[i].rule, "%s:%u gave %d",
		      cases[i].name, cases[i].port, number(&c, r));
	}
	conf_util_free(&c);
}

static void test_long_name(void **state)
{
	char name[300];
	struct conf c;

	(void)state;
	conf_util_load(&c, "route **.example vsock:3:1\ndeny *");
	memset(name, 'a', sizeof(name));
	memcpy(name + 253 - 8, ".example.", 9);
	assert_int_equal(number(&c, route_by_name(&c, name, 253, 0)), 0);
	assert_int_equal(number(&c, route_by_name(&c, name, 254, 0)), 0);
	memcpy(name + 254 - 8, ".example.", 9);
	assert_int_equal(number(&c, route_by_name(&c, name, 254, 0)), 1);
	assert_int_equal(number(&c, route_by_name(&c, name, 255, 0)), 1);
	conf_util_free(&c);
}

static void test_by_addr(void **state)
{
	static const struct {
		const char *addr;
		uint16_t port;
		int rule;
	} cases[] = {
		{ "169.254.169.254", 80, 4 },
		{ "::ffff:169.254.169.254", 80, 4 },
		{ "fd00:ec2::254", 80, 4 },
		{ "fd00:ec2::254", 443, NONE },
		{ "169.254.169.254", 5432, 12 },
		{ "10.1.2.3", 443, 6 },
		{ "10.1.2.3", 80, 6 },
		{ "10.2.2.3", 443, 7 },
		{ "10.2.2.3", 80, NONE },
		{ "2001:db8:1::", 1, 9 },
		{ "192.0.2.1", 5432, 12 },
		{ "2001:db9::", 5432, 12 },
		{ "127.9.9.9", 5432, 11 },
		{ "127.0.0.1", 5432, NONE },
		{ "::ffff:127.0.0.1", 5432, NONE },
		{ "::1", 5432, NONE },
		{ "0.0.0.0", 5432, NONE },
		{ "::", 5432, NONE },
	};
	struct conf c;

	(void)state;
	conf_util_load(&c, text);
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		const struct rule *r;
		struct addr a;

		assert_true(
			addr_parse(cases[i].addr, strlen(cases[i].addr), &a));
		r = route_by_addr(&c, &a, cases[i].port);
		check(number(&c, r) == cases[i].rule, "%s:%u gave %d",
		      cases[i].addr, cases[i].port, number(&c, r));
	}
	conf_util_free(&c);
}

static void test_by_number(void **state)
{
	static const struct {
		size_t first;
		uint16_t port;
		int rule;
	} cases[] = {
		{ 0, 443, 0 },
		{ 0, 80, 1 },   /* the same destination */
		{ 0, 8443, 8 }, /* the same, without a port */
		{ 0, 5432, 8 }, /* comes before `*` */
		{ 3, 443, 3 },
		{ 3, 5432, 12 }, /* `*` has every name of **.example */
		{ 3, 80, NONE },
		{ 5, 443, 5 },
		{ 5, 5432, 12 },
		{ 5, 80, NONE },
		{ 10, 1, 10 },
		{ 8, 80, 1 }, /* what comes before for this port */
		{ 12, 5432, 12 },
		{ 12, 5433, NONE },
		{ 13, 443, NONE },
		{ SIZE_MAX, 443, NONE },
	};
	struct conf c;

	(void)state;
	conf_util_load(&c, text);
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		const struct rule *r =
			route_by_number(&c, cases[i].first, cases[i].port);

		check(number(&c, r) == cases[i].rule, "%zu, port %u gave %d",
		      cases[i].first, cases[i].port, number(&c, r));
	}
	conf_util_free(&c);

	/* localhost is not under `*` */
	conf_util_load(&c, "route a.localhost:1 vsock:3:1\ndeny *");
	assert_null(route_by_number(&c, 0, 2));
	conf_util_free(&c);
	/* another pattern, though of the same length, is another destination */
	conf_util_load(&c, "route a.b:1 vsock:3:1\ndeny a.c");
	assert_null(route_by_number(&c, 0, 2));
	conf_util_free(&c);
}

/* Where the port is not known, the name must get a placeholder if any port of
 * it is routed; else the first rule decides. */
static void test_unknown_port(void **state)
{
	static const struct {
		const char *text;
		int rule;
	} cases[] = {
		{ "pass a:80\nroute a:443 vsock:3:1", 1 },
		{ "deny a:80\nroute a:443 vsock:3:1", 1 },
		{ "deny a:80\npass b\npass a:81\nroute * vsock:3:1", 3 },
		{ "pass a\nroute a:443 vsock:3:1", 0 },
		{ "deny a\nroute a:443 vsock:3:1", 0 },
		{ "pass a:80\ndeny *\nroute a:443 vsock:3:1", 0 },
		{ "deny a:80\npass *\nroute a:443 vsock:3:1", 0 },
		{ "pass a:80\ndeny a:81", 0 },
		{ "route b:1 vsock:3:1", NONE },
	};
	struct conf c;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		conf_util_load(&c, cases[i].text);
		check(number(&c, route_by_name(&c, "a", 1, 0)) == cases[i].rule,
		      "%s", cases[i].text);
		conf_util_free(&c);
	}
}

static void test_strict(void **state)
{
	struct conf c;

	(void)state;
	conf_util_load(&c, "strict");
	assert_int_equal(number(&c, route_by_name(&c, "a.on.aws", 8, 443)), 0);
	assert_int_equal(number(&c, route_by_name(&c, "a.on.aws", 8, 80)), 1);
	assert_int_equal(number(&c, route_by_name(&c, "a", 1, 0)), 1);
	assert_int_equal(number(&c, route_by_name(&c, "localhost", 9, 1)),
			 NONE);
	conf_util_free(&c);
}

static void test_is_local(void **state)
{
	static const struct {
		const char *name;
		bool local;
	} cases[] = {
		{ "localhost", true },
		{ "LocalHost.", true },
		{ "a.localhost", true },
		{ "a.b.localhost.", true },
		{ "alocalhost", false },
		{ "localhost.a", false },
		{ "localhost..", false },
		{ "localhos", false },
		{ "", false },
		{ ".", false },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		check(route_name_is_local(cases[i].name,
					  strlen(cases[i].name)) ==
			      cases[i].local,
		      "%s", cases[i].name);
}

static bool v4_bit(const struct route_prefilter *f, unsigned byte)
{
	return f->v4[byte];
}

static void test_prefilter(void **state)
{
	static const struct {
		const char *text;
		unsigned from, to; /* first bytes that are in, none: 1, 0 */
		bool v6;
	} cases[] = {
		{ "pass a.b\nroute @aws vsock:3:1", 1, 0, false },
		{ "pass @ecs", 169, 169, false },
		{ "pass @imds", 169, 169, true },
		{ "pass 10.0.0.0/8", 10, 10, false },
		{ "pass 10.1.0.0/16", 10, 10, false },
		{ "pass 64.0.0.0/3", 64, 95, false },
		{ "pass 0.0.0.0/1", 0, 127, false },
		{ "pass 254.0.0.0/7", 254, 255, false },
		{ "pass fd00:ec2::/32", 1, 0, true },
		{ "pass *:1", 0, 255, true },
		{ "strict", 0, 255, true },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct route_prefilter f;
		struct conf c;

		memset(&f, 0x55, sizeof(f));
		conf_util_load(&c, cases[i].text);
		route_prefilter_init(&f, &c);
		check(f.v6 == cases[i].v6, "%s", cases[i].text);
		for (unsigned b = 0; b < 256; b++)
			check(v4_bit(&f, b) ==
				      (b >= cases[i].from && b <= cases[i].to),
			      "%s: %u", cases[i].text, b);
		conf_util_free(&c);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_by_name),
		cmocka_unit_test(test_long_name),
		cmocka_unit_test(test_by_addr),
		cmocka_unit_test(test_by_number),
		cmocka_unit_test(test_unknown_port),
		cmocka_unit_test(test_strict),
		cmocka_unit_test(test_is_local),
		cmocka_unit_test(test_prefilter),
	};

	return cmocka_run_group_tests_name("route", tests, NULL, NULL);
}
