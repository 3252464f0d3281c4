// SPDX-License-Identifier: GPL-3.0-or-later
/* conf: lines, separators, settings, and what holds where nothing is said */

#include "conf_util.h"

static void test_lines(void **state)
{
	static const char text[] = "# a comment\n"
				   "\n"
				   "  \t \n"
				   "pass one\r\n"
				   "\tpass\t two\t# comment\r\n"
				   "pass three #comment; deny *\n"
				   "#pass no\n"
				   "   # pass no\n"
				   "\r\n"
				   "log info\n"
				   "pass four#x.example"; /* an error */
	struct conf_error err;
	struct conf c;

	(void)state;
	conf_util_init(&c, sizeof(text));
	assert_false(conf_util_parse(&c, text, '\n', &err));
	assert_int_equal(err.line, 11);
	assert_int_equal(err.column, 10);
	assert_int_equal(c.nrules, 3);
	assert_string_equal(c.rules[0].pattern, "one");
	assert_int_equal(c.rules[0].line, 4);
	assert_string_equal(c.rules[1].pattern, "two");
	assert_int_equal(c.rules[1].line, 5);
	assert_string_equal(c.rules[2].pattern, "three");
	assert_int_equal(c.rules[2].line, 6);
	assert_string_equal(c.rules[2].source, "test.conf");
	assert_int_equal(c.log, CONF_LOG_INFO);
	conf_util_free(&c);
}

static void test_separator(void **state)
{
	static const char text[] = ";; pass one;pass two # c ;pass three\r\n"
				   "pass four;\n;pass five\r";
	static const char *const names[] = { "one", "two", "three", "four",
					     "five" };
	static const unsigned lines[] = { 1, 1, 1, 2, 3 };
	struct conf_error err;
	struct conf c;

	(void)state;
	conf_util_init(&c, sizeof(text));
	check(conf_util_parse(&c, text, ';', &err), "%s", err.text);
	assert_int_equal(c.nrules, ARRAY_LEN(names));
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		assert_string_equal(c.rules[i].pattern, names[i]);
		assert_int_equal(c.rules[i].line, lines[i]);
	}
	conf_util_free(&c);
}

static void test_settings(void **state)
{
	static const char *const levels[] = { "off", "error", "info", "debug" };
	struct conf_error err;
	struct conf c;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(levels); i++) {
		char line[32] = "log ";

		strcat(line, levels[i]);
		conf_util_load(&c, line);
		assert_int_equal(c.log, i);
		assert_null(c.log_file);
		assert_false(c.strict);
		conf_util_free(&c);
	}

	/* What is said first counts: -r before the file. */
	conf_util_init(&c, 200);
	assert_int_equal(c.log, CONF_LOG_ERROR);
	assert_true(conf_util_parse(&c, "log debug;log-file /a;log off", ';',
				    &err));
	assert_true(conf_util_parse(&c, "log info\nlog-file /b\nstrict", '\n',
				    &err));
	assert_true(conf_util_parse(&c, "strict", '\n', &err));
	assert_int_equal(c.log, CONF_LOG_DEBUG);
	assert_string_equal(c.log_file, "/a");
	assert_int_equal(c.strict_line, 3);
	conf_util_free(&c);
}

static void check_default(const struct rule *r)
{
	assert_int_equal(r->verb, RULE_ROUTE);
	assert_int_equal(r->dest, DEST_AWS);
	assert_string_equal(r->pattern, "@aws");
	assert_int_equal(r->pattern_len, 4);
	assert_int_equal(r->port, 443);
	assert_int_equal(r->target.kind, TARGET_VSOCK);
	assert_int_equal(r->target.cid, 3);
	assert_int_equal(r->target.port, 8000);
	assert_int_equal(r->connect_timeout_ms, 10000);
	assert_int_equal(r->line, 0);
	assert_non_null(r->source);
}

static void check_deny(const struct rule *r)
{
	assert_int_equal(r->verb, RULE_DENY);
	assert_int_equal(r->dest, DEST_ANY);
	assert_string_equal(r->pattern, "*");
	assert_int_equal(r->pattern_len, 1);
	assert_int_equal(r->port, 0);
	assert_non_null(r->source);
}

static void test_finish(void **state)
{
	struct conf_error err;
	struct conf c;

	(void)state;
	conf_util_load(&c, "");
	assert_int_equal(c.nrules, 1);
	check_default(&c.rules[0]);
	conf_util_free(&c);

	conf_util_load(&c, "log off\n# nothing else\n");
	assert_int_equal(c.nrules, 1);
	check_default(&c.rules[0]);
	conf_util_free(&c);

	/* strict comes last, wherever it stood, and not in place of @aws */
	conf_util_load(&c, "\nstrict");
	assert_int_equal(c.nrules, 2);
	check_default(&c.rules[0]);
	check_deny(&c.rules[1]);
	assert_int_equal(c.rules[1].line, 2);
	assert_string_equal(c.rules[1].source, "test.conf");
	conf_util_free(&c);

	conf_util_load(&c, "strict\npass a");
	assert_int_equal(c.nrules, 2);
	assert_string_equal(c.rules[0].pattern, "a");
	check_deny(&c.rules[1]);
	conf_util_free(&c);

	/* No memory is an error, never a rule less. */
	conf_init(&c, NULL, 0);
	assert_false(conf_finish(&c, &err));
	assert_non_null(strstr(err.text, "memory"));
}

static void test_deny_all(void **state)
{
	struct conf c;

	(void)state;
	conf_util_load(&c, "pass *\nroute b vsock:3:1");
	conf_deny_all(&c);
	assert_int_equal(c.nrules, 1);
	check_deny(&c.rules[0]);
	conf_util_free(&c);

	conf_init(&c, NULL, 0);
	conf_deny_all(&c);
	assert_int_equal(c.nrules, 1);
	check_deny(&c.rules[0]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lines),
		cmocka_unit_test(test_separator),
		cmocka_unit_test(test_settings),
		cmocka_unit_test(test_finish),
		cmocka_unit_test(test_deny_all),
	};

	return cmocka_run_group_tests_name("conf", tests, NULL, NULL);
}
