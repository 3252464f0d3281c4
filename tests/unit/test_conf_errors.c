// SPDX-License-Identifier: GPL-3.0-or-later
/* conf: every error, where it points and what it advises */

#include "conf_util.h"

#define L63 "abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyzabcdefghijk"
#define P50 "/xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"

struct error_case {
	const char *text;
	unsigned line, column;
	const char *says[2]; /* both are in the text */
};

static const struct error_case verb_cases[] = {
	{ "rout a vsock:3:1", 1, 1, { "unknown word 'rout'", "mean route?" } },
	{ "ROUTE a vsock:3:1", 1, 1, { "'ROUTE'", "mean route?" } },
	{ "dney *", 1, 1, { "'dney'", "mean deny?" } },
	{ "logfile /x", 1, 1, { "'logfile'", "mean log-file?" } },
	{ "\t  allow x", 1, 4, { "'allow'; expected route, pass, deny, log" } },
	{ "x", 1, 1, { "unknown word 'x'" } },
	{ "route", 1, 6, { "no destination", "route DEST[:PORT] TARGET" } },
	{ "route \t # c", 1, 6, { "no destination" } },
	{ "pass", 1, 5, { "no destination", "DEST[:PORT]" } },
	{ "deny  ", 1, 5, { "no destination" } },
	{ "route a", 1, 8, { "no target", "vsock:CID:PORT or unix:/PATH" } },
	{ "route a # vsock:3:1", 1, 8, { "no target" } },
	{ "pass a vsock:3:1", 1, 8, { "'vsock:3:1'", "and nothing else" } },
	{ "deny a tls=off", 1, 8, { "'tls=off'", "and nothing else" } },
	{ "pass a b", 1, 8, { "unexpected 'b'" } },
};

static const struct error_case setting_cases[] = {
	{ "log", 1, 4, { "no log level", "error, info, debug or off" } },
	{ "log warn", 1, 5, { "level 'warn'", "error, info, debug or off" } },
	{ "log degub", 1, 5, { "'degub'", "did you mean debug?" } },
	{ "log info x", 1, 10, { "unexpected 'x'", "remove it" } },
	{ "log info\nlog info", 2, 1, { "'log' is set twice" } },
	{ "log-file", 1, 9, { "no file", "log-file /PATH" } },
	{ "log-file a/b", 1, 10, { "relative path 'a/b'", "from /" } },
	{ "log-file /a b", 1, 13, { "unexpected 'b'" } },
	{ "log-file /a\nlog-file /a", 2, 1, { "set twice" } },
	{ "strict yes", 1, 8, { "unexpected 'yes'" } },
	{ "strict\npass a\nstrict", 3, 1, { "'strict' is set twice" } },
};

static const struct error_case byte_cases[] = {
	{ "pass a\001", 1, 7, { "control byte" } },
	{ "# \033[31m", 1, 3, { "control byte" } },
	{ "pass \177a", 1, 6, { "control byte" } },
	{ "pass a\rb", 1, 7, { "control byte" } },
	{ "pass a\r\r\n", 1, 7, { "control byte" } },
	{ "pass a\vb", 1, 7, { "control byte" } },
	{ "\xef\xbb\xbfpass a", 1, 1, { "unknown word '???pass'" } },
};

static const struct error_case name_cases[] = {
	{ "pass a..b", 1, 8, { "empty label", "**.DOMAIN" } },
	{ "pass .a", 1, 6, { "empty label", "**.DOMAIN" } },
	{ "pass .", 1, 6, { "empty label" } },
	{ "pass a..", 1, 8, { "empty label" } },
	{ "pass :443", 1, 6, { "no host", "*:PORT" } },
	{ "pass a$b", 1, 7, { "cannot hold '$'", "letters, digits" } },
	{ "pass b\xc3\xbc.de", 1, 7, { "cannot hold '?'", "xn-- form" } },
	{ "pass a,b", 1, 7, { "cannot hold ','" } },
	{ "pass a[b", 1, 7, { "cannot hold '['" } },
	{ "pass a@b", 1, 7, { "cannot hold '@'" } },
	{ "pass a.b#c", 1, 9, { "cannot hold '#'" } },
	{ "pass a.**b", 1, 8, { "** in the label '**b'", "of its own" } },
	{ "pass b**.a", 1, 6, { "** in the label 'b**'" } },
	{ "pass ***", 1, 6, { "** in the label '***'" } },
	{ "pass a." L63 "k.b", 1, 8, { "the label '", "63 bytes" } },
	{ "pass " L63 "." L63 "." L63 "." L63, 1, 6, { "253 bytes" } },
	{ "pass a.12", 1, 8, { "ends in a number like '12'" } },
	{ "pass https://a.b/",
	  1,
	  6,
	  { "'https://a.b/' is a URL", "HOST:PORT" } },
};

static const struct error_case port_cases[] = {
	{ "pass a:", 1, 8, { "no port", "leave out the colon" } },
	{ "pass a:*", 1, 8, { "no port", "leave out the colon" } },
	{ "pass a:0", 1, 8, { "bad port '0'", "1 to 65535" } },
	{ "pass a:65536", 1, 8, { "bad port '65536'" } },
	{ "pass a:99999999999999999999", 1, 8, { "bad port" } },
	{ "pass a:+80", 1, 8, { "bad port '+80'" } },
	{ "pass a:http", 1, 8, { "bad port 'http'" } },
	{ "pass a:8 0", 1, 10, { "unexpected '0'" } },
	{ "pass @imds:x", 1, 12, { "bad port 'x'" } },
	{ "pass @imds:1:2", 1, 12, { "bad port '1:2'" } },
	{ "pass [::1]:", 1, 12, { "no port" } },
	{ "pass [::1]:x", 1, 12, { "bad port 'x'" } },
	{ "pass 10.0.0.0/8:x", 1, 17, { "bad port 'x'" } },
};

static const struct error_case addr_cases[] = {
	{ "pass @asw", 1, 6, { "'@asw'; expected @aws, @imds", "mean @aws?" } },
	{ "pass @", 1, 6, { "unknown destination '@'" } },
	{ "pass @lambda:443", 1, 6, { "destination '@lambda'" } },
	{ "pass 1.2.3", 1, 6, { "'1.2.3' is no address or network" } },
	{ "pass 1.2.3.4.5", 1, 6, { "no address" } },
	{ "pass 256.1.1.1:80", 1, 6, { "'256.1.1.1' is no address" } },
	{ "pass 10", 1, 6, { "'10' is no address" } },
	{ "pass 10.*", 1, 6, { "* in the address '10.*'", "10.0.0.0/8" } },
	{ "pass 10.*.0.0/8", 1, 6, { "* in the address", "10.0.0.0/8" } },
	{ "pass 10.0.0.1/8:443",
	  1,
	  6,
	  { "host bits set in '10.0.0.1/8'", "the network is 10.0.0.0/8" } },
	{ "pass 10.0.0.1/0", 1, 6, { "the network is 0.0.0.0/0" } },
	{ "pass [2001:db8::1/32]", 1, 7, { "the network is 2001:db8::/32" } },
	{ "pass [2001:db8:aaaa:aaaa:aaaa:aaaa:aaaa:aaab/127]",
	  1,
	  7,
	  { "network is 2001:db8:aaaa:aaaa:aaaa:aaaa:aaaa:aaaa/127" } },
	{ "pass 10.0.0.0/33", 1, 6, { "'10.0.0.0/33' is no address or" } },
	{ "pass a.b/8", 1, 6, { "'a.b/8' is no address or network" } },
	{ "pass [::1", 1, 6, { "no ']' in '[::1'" } },
	{ "pass []", 1, 6, { "no IPv6 address", "brackets are for IPv6" } },
	{ "pass [10.0.0.1]", 1, 6, { "no IPv6 address in '[10.0.0.1]'" } },
	{ "pass [a.b]:1", 1, 6, { "no IPv6 address" } },
	{ "pass [::1]80", 1, 11, { "unexpected '80' after ']'", ":PORT" } },
	{ "pass [::1/129]", 1, 7, { "'::1/129' is no address" } },
	{ "pass [::g]", 1, 7, { "'::g' is no address" } },
	{ "pass fd00:ec2::254:80",
	  1,
	  6,
	  { "'fd00:ec2::254:80' may end in a port", "[ADDRESS]:PORT" } },
	{ "pass 1:2:3:4:5:6:7:8:80", 1, 6, { "[ADDRESS]:PORT" } },
	{ "pass fd00::/8:443", 1, 6, { "[ADDRESS]:PORT" } },
	{ "pass a:80:90", 1, 6, { "'a:80:90' is no address" } },
	{ "pass ::x", 1, 6, { "no address" } },
	{ "pass 198.18.0.0/15",
	  1,
	  6,
	  { "holds addresses that stand for names", "198.18.0.0/15" } },
	{ "pass 198.18.0.1:80", 1, 6, { "stand for names" } },
	{ "pass 198.0.0.0/8", 1, 6, { "stand for names" } },
	{ "pass 0.0.0.0/0", 1, 6, { "stand for names", "write * for all" } },
	{ "pass ::/0", 1, 6, { "stand for names", "write * for all" } },
	{ "pass [fd76:736f:636b::1]", 1, 7, { "stand for names" } },
	{ "pass [::ffff:198.19.0.0/112]", 1, 7, { "stand for names" } },
};

static const struct error_case target_cases[] = {
	{ "route a vsok:3:1",
	  1,
	  9,
	  { "unknown target 'vsok:'", "mean vsock:?" } },
	{ "route a 3:8000", 1, 9, { "unknown target '3:'; expected vsock:" } },
	{ "route a tls=off", 1, 9, { "unknown target 'tls=off'" } },
	{ "route a /run/x", 1, 9, { "unknown target", "unix:/PATH" } },
	{ "route a vsock:3", 1, 9, { "no port in 'vsock:3'", "vsock:3:8000" } },
	{ "route a vsock:", 1, 9, { "no port" } },
	{ "route a vsock::1", 1, 15, { "bad CID ''" } },
	{ "route a vsock:x:1", 1, 15, { "bad CID 'x'" } },
	{ "route a vsock:0x3:1", 1, 15, { "bad CID '0x3'", "decimal" } },
	{ "route a vsock:-1:1", 1, 15, { "CID '-1' means any" } },
	{ "route a vsock:4294967295:1", 1, 15, { "means any, for listening" } },
	{ "route a vsock:04294967295:1", 1, 15, { "bad CID" } },
	{ "route a vsock:4294967296:1", 1, 15, { "bad CID" } },
	{ "route a vsock:-2:1", 1, 15, { "bad CID '-2'" } },
	{ "route a vsock:3:", 1, 17, { "bad vsock port ''" } },
	{ "route a vsock:3:x", 1, 17, { "bad vsock port 'x'" } },
	{ "route a vsock:3:1:2", 1, 17, { "bad vsock port '1:2'" } },
	{ "route a vsock:3:4294967295", 1, 17, { "means any" } },
	{ "route a vsock:3:4294967296", 1, 17, { "bad vsock port" } },
	{ "route a unix:", 1, 14, { "no path", "unix:/PATH" } },
	{ "route a unix:@", 1, 14, { "no path", "unix:@NAME" } },
	{ "route a unix:run/x", 1, 14, { "relative path 'run/x'", "from /" } },
	{ "route a unix:" P50 P50 "/12345678", 1, 14, { "107 bytes" } },
	{ "route a vsock-mux:/x:1",
	  1,
	  9,
	  { "'vsock-mux:/x:1'", "this version does not have" } },
};

static const struct error_case option_cases[] = {
	{ "route a vsock:3:1 443", 1, 19, { "unknown option '443'" } },
	{ "route a vsock:3:1 tsl=off", 1, 19, { "'tsl='", "mean tls=?" } },
	{ "route a vsock:3:1 connect_timeout=1",
	  1,
	  19,
	  { "'connect_timeout='", "mean connect-timeout=?" } },
	{ "route a vsock:3:1 tls", 1, 19, { "option 'tls'", "mean tls=?" } },
	{ "route a vsock:3:1 tls=off tls=off", 1, 27, { "given twice" } },
	{ "route a vsock:3:1 tls=pinned",
	  1,
	  19,
	  { "'tls=pinned' needs the TLS part, which this version does not have",
	    "TLS passes untouched" } },
	{ "route a vsock:3:1 tls=originate",
	  1,
	  19,
	  { "'tls=originate' needs the TLS part", "does not have" } },
	{ "route a vsock:3:1 tls=on", 1, 23, { "policy 'on'; expected off" } },
	{ "route a vsock:3:1 tls=", 1, 23, { "policy ''" } },
	{ "route a vsock:3:1 via=connect", 1, 19, { "'via=connect' needs" } },
	{ "route a vsock:3:1 max-write=9", 1, 19, { "'max-write=9' needs" } },
	{ "route a vsock:3:1 extra-roots=/x", 1, 19, { "needs the relay or" } },
	{ "route a vsock:3:1 connect-timeout=", 1, 35, { "timeout ''" } },
	{ "route a vsock:3:1 connect-timeout=0", 1, 35, { "1ms to 3600s" } },
	{ "route a vsock:3:1 connect-timeout=0ms", 1, 35, { "1ms to" } },
	{ "route a vsock:3:1 connect-timeout=0.5ms", 1, 35, { "1ms to" } },
	{ "route a vsock:3:1 connect-timeout=1.0005", 1, 35, { "1ms to" } },
	{ "route a vsock:3:1 connect-timeout=3600.001", 1, 35, { "3600s" } },
	{ "route a vsock:3:1 connect-timeout=3600001ms", 1, 35, { "3600s" } },
	{ "route a vsock:3:1 connect-timeout=4294967296", 1, 35, { "bad" } },
	{ "route a vsock:3:1 connect-timeout=-1", 1, 35, { "timeout '-1'" } },
	{ "route a vsock:3:1 connect-timeout=1m", 1, 35, { "timeout '1m'" } },
	{ "route a vsock:3:1 connect-timeout=1h", 1, 35, { "timeout '1h'" } },
	{ "route a vsock:3:1 connect-timeout=ms", 1, 35, { "timeout 'ms'" } },
	{ "route a vsock:3:1 connect-timeout=1.", 1, 35, { "timeout '1.'" } },
	{ "route a vsock:3:1 connect-timeout=.5", 1, 35, { "timeout '.5'" } },
	{ "route a vsock:3:1 connect-timeout=1.2.3", 1, 35, { "bad" } },
	{ "route a vsock:3:1 connect-timeout=1e3", 1, 35, { "bad" } },
	{ "route a vsock:3:1 connect-timeout=0.0000000001", 1, 35, { "bad" } },
};

/* Lines are counted by newline whatever the separator; columns from the last
 * newline, in bytes, a tab and each byte of UTF-8 being one. */
static const struct error_case position_cases[] = {
	{ "pass a\n\n# \xc3\xa4\n\t pass\ta b", 4, 10, { "'b'" } },
	{ "pass a\r\npass a b\r\n", 2, 8, { "'b'" } },
	{ "# \xc3\xa4\xc3\xa4 ; \n pass ..", 2, 7, { "empty label" } },
};

static const struct error_case environment_cases[] = {
	{ "pass a;pass b;dney c", 1, 15, { "'dney'" } },
	{ "pass a; # dney\n;  dney c", 2, 4, { "'dney'" } },
	{ "pass a;route;pass b", 1, 13, { "no destination" } },
	{ "pass a\r;pass b", 1, 7, { "control byte" } },
};

static void check_case(const struct error_case *e, char separator)
{
	struct conf_error err;
	struct conf c;

	memset(&err, '#', sizeof(err));
	conf_util_init(&c, strlen(e->text));
	check(!conf_util_parse(&c, e->text, separator, &err), "taken: %s",
	      e->text);
	check(memchr(err.text, '\0', sizeof(err.text)), "%s", e->text);
	/* Full means cut off, perhaps. */
	check(strlen(err.text) < sizeof(err.text) - 1, "cut off: %s", err.text);
	check(err.line == e->line && err.column == e->column,
	      "%s\n%u:%u, not %u:%u: %s", e->text, err.line, err.column,
	      e->line, e->column, err.text);
	assert_string_equal(err.source, "test.conf");
	for (size_t i = 0; i < ARRAY_LEN(e->says) && e->says[i]; i++)
		check(strstr(err.text, e->says[i]), "%s\n\"%s\" not in: %s",
		      e->text, e->says[i], err.text);
	conf_util_free(&c);
}

#define TABLE_TEST(name, separator)                                  \
	static void test_##name(void **state)                        \
	{                                                            \
		(void)state;                                         \
		for (size_t i = 0; i < ARRAY_LEN(name##_cases); i++) \
			check_case(&name##_cases[i], separator);     \
	}

TABLE_TEST(verb, '\n')
TABLE_TEST(setting, '\n')
TABLE_TEST(byte, '\n')
TABLE_TEST(name, '\n')
TABLE_TEST(port, '\n')
TABLE_TEST(addr, '\n')
TABLE_TEST(target, '\n')
TABLE_TEST(option, '\n')
TABLE_TEST(position, '\n')
TABLE_TEST(environment, ';')

static void test_nul(void **state)
{
	struct conf_error err;
	struct conf c;

	(void)state;
	conf_util_init(&c, 100);
	assert_false(conf_parse(&c, "a", "pass a\0b", 8, '\n', &err));
	assert_int_equal(err.column, 7);
	assert_non_null(strstr(err.text, "NUL"));
	assert_non_null(strstr(err.text, "UTF-16"));
	conf_util_free(&c);
}

/* A bad word of any length and content leaves one printable line that is not
 * cut off: the advice stands behind the word. */
static void test_long_words(void **state)
{
	static const char *const before[] = {
		"",
		"pass ",
		"pass @",
		"pass [",
		"pass 1/",
		"pass a:",
		"pass a.",
		"pass **a",
		"pass a ",
		"pass [::1]",
		"pass ::",
		"pass [::",
		"log ",
		"log info ",
		"log-file ",
		"log-file /a ",
		"route a ",
		"route a vsock:",
		"route a vsock:3",
		"route a vsock:3:",
		"route a unix:",
		"route a unix:/",
		"route a vsock:3:1 ",
		"route a vsock-mux:",
		"route a vsock:3:1 tls=",
		"route a vsock:3:1 tls=off",
		"route a vsock:3:1 via=",
		"route a vsock:3:1 connect-timeout=",
	};
	char line[8192];
	struct conf_error err;
	struct conf c;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(before); i++) {
		for (const char *fill = "a~\xff/1"; *fill; fill++) {
			memset(line, *fill, sizeof(line));
			memcpy(line, before[i], strlen(before[i]));
			line[sizeof(line) - 1] = '\0';
			conf_util_init(&c, sizeof(line));
			check(!conf_util_parse(&c, line, '\n', &err), "%.40s",
			      line);
			check(strlen(err.text) < sizeof(err.text) - 1,
			      "%.40s: cut off: %s", line, err.text);
			for (const char *s = err.text; *s; s++)
				check(*s >= ' ' && *s <= '~', "%.40s: %s", line,
				      err.text);
			conf_util_free(&c);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_verb),
		cmocka_unit_test(test_setting),
		cmocka_unit_test(test_byte),
		cmocka_unit_test(test_name),
		cmocka_unit_test(test_port),
		cmocka_unit_test(test_addr),
		cmocka_unit_test(test_target),
		cmocka_unit_test(test_option),
		cmocka_unit_test(test_position),
		cmocka_unit_test(test_environment),
		cmocka_unit_test(test_nul),
		cmocka_unit_test(test_long_words),
	};

	return cmocka_run_group_tests_name("conf_errors", tests, NULL, NULL);
}
