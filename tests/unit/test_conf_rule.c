// SPDX-License-Identifier: GPL-3.0-or-later
/* conf: the rules that the grammar takes, and what comes out of them */

#include "conf_util.h"

static const struct rule *only_rule(struct conf *c, const char *text)
{
	conf_util_load(c, text);
	check(c->nrules == 1, "%s: %zu rules", text, c->nrules);
	return &c->rules[0];
}

static void test_destinations(void **state)
{
	static const struct {
		const char *text;
		enum dest_kind dest;
		const char *pattern;
		const char *nets[2]; /* in addr_format()'s words */
		unsigned bits;
		uint16_t port;
	} cases[] = {
		{ "*", DEST_ANY, "*", { NULL }, 0, 0 },
		{ "**", DEST_ANY, "**", { NULL }, 0, 0 },
		{ "*:443", DEST_ANY, "*", { NULL }, 0, 443 },
		{ "*.*", DEST_NAME, "*.*", { NULL }, 0, 0 },
		{ "**.*", DEST_NAME, "**.*", { NULL }, 0, 0 },
		{ "Kms.*.AmazonAWS.com:443",
		  DEST_NAME,
		  "kms.*.amazonaws.com",
		  { NULL },
		  0,
		  443 },
		{ "db.internal.", DEST_NAME, "db.internal", { NULL }, 0, 0 },
		{ "db.internal.:5432",
		  DEST_NAME,
		  "db.internal",
		  { NULL },
		  0,
		  5432 },
		{ "localhost:1", DEST_NAME, "localhost", { NULL }, 0, 1 },
		{ "_x-*-y_.a1:65535",
		  DEST_NAME,
		  "_x-*-y_.a1",
		  { NULL },
		  0,
		  65535 },
		{ "*a*b*.c", DEST_NAME, "*a*b*.c", { NULL }, 0, 0 },
		{ "1.2.3.4a", DEST_NAME, "1.2.3.4a", { NULL }, 0, 0 },
		{ "@aws:443", DEST_AWS, "@aws", { NULL }, 0, 443 },
		{ "@AWS", DEST_AWS, "@aws", { NULL }, 0, 0 },
		{ "@imds:80",
		  DEST_NET,
		  "@imds",
		  { "169.254.169.254", "fd00:ec2::254" },
		  128,
		  80 },
		{ "@ecs", DEST_NET, "@ecs", { "169.254.170.2" }, 128, 0 },
		{ "@eks",
		  DEST_NET,
		  "@eks",
		  { "169.254.170.23", "fd00:ec2::23" },
		  128,
		  0 },
		{ "169.254.169.254:80",
		  DEST_NET,
		  "169.254.169.254",
		  { "169.254.169.254" },
		  128,
		  80 },
		{ "10.0.0.0/8:443",
		  DEST_NET,
		  "10.0.0.0/8",
		  { "10.0.0.0" },
		  104,
		  443 },
		{ "127.0.0.0/8",
		  DEST_NET,
		  "127.0.0.0/8",
		  { "127.0.0.0" },
		  104,
		  0 },
		{ "198.16.0.0/15",
		  DEST_NET,
		  "198.16.0.0/15",
		  { "198.16.0.0" },
		  111,
		  0 },
		{ "fd00:ec2::254",
		  DEST_NET,
		  "fd00:ec2::254",
		  { "fd00:ec2::254" },
		  128,
		  0 },
		{ "[FD00:EC2::254]:80",
		  DEST_NET,
		  "[fd00:ec2::254]",
		  { "fd00:ec2::254" },
		  128,
		  80 },
		{ "[fd00:ec2::]",
		  DEST_NET,
		  "[fd00:ec2::]",
		  { "fd00:ec2::" },
		  128,
		  0 },
		{ "2000::/3", DEST_NET, "2000::/3", { "2000::" }, 3, 0 },
		{ "[2000::/3]:443",
		  DEST_NET,
		  "[2000::/3]",
		  { "2000::" },
		  3,
		  443 },
		{ "::1", DEST_NET, "::1", { "::1" }, 128, 0 },
		{ "::ffff:10.1.2.3",
		  DEST_NET,
		  "::ffff:10.1.2.3",
		  { "10.1.2.3" },
		  128,
		  0 },
		{ "[::ffff:10.0.0.0/104]:5",
		  DEST_NET,
		  "[::ffff:10.0.0.0/104]",
		  { "10.0.0.0" },
		  104,
		  5 },
		{ "1:2:3:4:5:6:7:8",
		  DEST_NET,
		  "1:2:3:4:5:6:7:8",
		  { "1:2:3:4:5:6:7:8" },
		  128,
		  0 },
		{ "fe80::1:a", DEST_NET, "fe80::1:a", { "fe80::1:a" }, 128, 0 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		char line[128] = "pass ", buf[ADDR_STRLEN];
		const struct rule *r;
		struct conf c;

		strcat(line, cases[i].text);
		r = only_rule(&c, line);
		check(r->verb == RULE_PASS, "%s", line);
		check(r->dest == cases[i].dest, "%s: %d", line, r->dest);
		check(!strcmp(r->pattern, cases[i].pattern), "%s: %s", line,
		      r->pattern);
		check(r->pattern_len == strlen(r->pattern), "%s", line);
		check(r->port == cases[i].port, "%s: %u", line, r->port);
		check(r->target.kind == TARGET_NONE, "%s", line);
		check(r->nnets == (cases[i].nets[0] ? 1u : 0u) +
					  (cases[i].nets[1] ? 1u : 0u),
		      "%s: %u nets", line, r->nnets);
		for (unsigned j = 0; j < r->nnets; j++) {
			addr_format(&r->nets[j].base, buf);
			check(!strcmp(buf, cases[i].nets[j]), "%s: %s", line,
			      buf);
			check(r->nets[j].bits == cases[i].bits, "%s", line);
		}
		conf_util_free(&c);
	}
}

static void test_targets(void **state)
{
	static const struct {
		const char *text;
		enum target_kind kind;
		uint32_t cid, port;
		const char *path;
	} cases[] = {
		{ "vsock:3:8000", TARGET_VSOCK, 3, 8000, NULL },
		{ "vsock:0:1", TARGET_VSOCK, 0, 1, NULL },
		{ "vsock:1:0", TARGET_VSOCK, 1, 0, NULL },
		{ "vsock:2:22", TARGET_VSOCK, 2, 22, NULL },
		{ "vsock:4294967294:4294967294", TARGET_VSOCK, 4294967294,
		  4294967294, NULL },
		{ "vsock:003:08000", TARGET_VSOCK, 3, 8000, NULL },
		{ "unix:/run/dev.sock", TARGET_UNIX, 0, 0, "/run/dev.sock" },
		{ "unix:/a#b;c:d=e", TARGET_UNIX, 0, 0, "/a#b;c:d=e" },
		{ "unix:/\xc3\xa4", TARGET_UNIX, 0, 0, "/\xc3\xa4" },
		{ "unix:@dev", TARGET_UNIX, 0, 0, "@dev" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		char line[128] = "route h ";
		const struct target *t;
		const struct rule *r;
		struct conf c;

		strcat(line, cases[i].text);
		r = only_rule(&c, line);
		t = &r->target;
		check(r->verb == RULE_ROUTE, "%s", line);
		check(t->kind == cases[i].kind && t->cid == cases[i].cid &&
			      t->port == cases[i].port,
		      "%s: %d %u %u", line, t->kind, t->cid, t->port);
		if (cases[i].path)
			assert_string_equal(t->path, cases[i].path);
		else
			assert_null(t->path);
		check(r->connect_timeout_ms == CONF_CONNECT_TIMEOUT_MS, "%s",
		      line);
		conf_util_free(&c);
	}
}

static void test_longest(void **state)
{
	char line[512] = "route ";
	const struct rule *r;
	struct conf c;

	(void)state;
	/* 63 * 3 + 61 + 3 dots: 253 */
	for (int i = 0; i < 253; i++)
		line[6 + i] = i % 64 == 63 ? '.' : 'a';
	strcpy(line + 6 + 253, ". unix:/");
	memset(line + strlen(line), 'p', 106);
	r = only_rule(&c, line);
	assert_int_equal(r->pattern_len, 253);
	assert_int_equal(strlen(r->target.path), CONF_PATH_MAX);
	conf_util_free(&c);
}

static void test_options(void **state)
{
	static const struct {
		const char *text;
		uint32_t ms;
	} cases[] = {
		{ "connect-timeout=10", 10000 },
		{ "connect-timeout=2.5", 2500 },
		{ "connect-timeout=2.5s", 2500 },
		{ "connect-timeout=0.001", 1 },
		{ "connect-timeout=0.0010000", 1 },
		{ "connect-timeout=500ms", 500 },
		{ "connect-timeout=1ms", 1 },
		{ "connect-timeout=1.0ms", 1 },
		{ "connect-timeout=3600", 3600000 },
		{ "connect-timeout=3600000ms", 3600000 },
		{ "tls=off", 10000 },
		{ "tls=off connect-timeout=7s", 7000 },
		{ "connect-timeout=7s\ttls=off # both", 7000 },
		{ "# none", 10000 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		char line[128] = "route h vsock:3:1 ";
		struct conf c;

		strcat(line, cases[i].text);
		check(only_rule(&c, line)->connect_timeout_ms == cases[i].ms,
		      "%s: %u", line, c.rules[0].connect_timeout_ms);
		conf_util_free(&c);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_destinations),
		cmocka_unit_test(test_targets),
		cmocka_unit_test(test_longest),
		cmocka_unit_test(test_options),
	};

	return cmocka_run_group_tests_name("conf_rule", tests, NULL, NULL);
}
