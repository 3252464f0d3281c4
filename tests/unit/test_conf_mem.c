// SPDX-License-Identifier: GPL-3.0-or-later
/* conf: conf_mem_size() is enough for any text of that size, and what is too
 * much is an error */

#include "conf_util.h"

/* The densest lines there are, in rules or in kept bytes for their length. */
static const char *const dense[] = {
	"deny *",
	"pass *",
	"pass a",
	"pass **",
	"route * unix:/",
	"route a unix:@b",
	"log-file /",
	"log-file /abcdefgh",
	"strict",
	"pass 1.1.1.1",
	"pass [::1]:1",
	"deny @ecs",
	"route a vsock:0:0",
	"pass a.",
	"log off",
};

/* All of @line, @n times, as one text; and each as a text of its own. */
static void load_many(const char *line, size_t n, bool one)
{
	size_t len = strlen(line), total = 0;
	char *text = malloc(n * (len + 1) + 1);
	struct conf_error err;
	struct conf c;

	assert_non_null(text);
	for (size_t i = 0; i < n; i++) {
		memcpy(text + total, line, len);
		total += len;
		if (one && i + 1 < n)
			text[total++] = ';';
	}
	conf_util_init(&c, total);
	for (size_t i = 0; i < (one ? 1 : n); i++) {
		size_t from = one ? 0 : i * len;

		check(conf_parse(&c, "test", text + from, one ? total : len,
				 ';', &err),
		      "%zu times %s: %s", n, line, err.text);
	}
	check(conf_finish(&c, &err), "%zu times %s: %s", n, line, err.text);
	for (size_t i = 0; i < c.nrules; i++)
		check(strlen(c.rules[i].pattern) == c.rules[i].pattern_len,
		      "%zu times %s: rule %zu", n, line, i);
	conf_util_free(&c);
	free(text);
}

static void test_dense(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(dense); i++) {
		for (size_t n = 0; n < 40; n++) {
			load_many(dense[i], n, true);
			load_many(dense[i], n, false);
		}
		load_many(dense[i], CONF_RULES_MAX - 1, true);
	}
}

/* Mixtures; the generator is ours, so that every run is the same. */
static void test_mixed(void **state)
{
	uint32_t seed = 1;

	(void)state;
	for (int round = 0; round < 2000; round++) {
		struct conf_error err;
		char text[1024] = "";
		size_t n = 0;
		struct conf c;

		for (;;) {
			const char *line;

			seed = seed * 1664525 + 1013904223;
			line = dense[(seed >> 16) % ARRAY_LEN(dense)];
			if (n + strlen(line) + 1 > (size_t)round % 600)
				break;
			if (n)
				text[n++] = ';';
			strcpy(text + n, line);
			n += strlen(line);
		}
		conf_util_init(&c, n);
		check(conf_parse(&c, "test", text, n, ';', &err), "%s: %s",
		      text, err.text);
		check(conf_finish(&c, &err), "%s: %s", text, err.text);
		conf_util_free(&c);
	}
}

static void test_too_many_rules(void **state)
{
	static const char line[] = "deny *\n", strict[] = "strict\n";
	const size_t len = sizeof(line) - 1;
	struct conf_error err;
	struct conf c;

	(void)state;
	conf_util_init(&c, (CONF_RULES_MAX + 3) * len);
	assert_true(
		conf_parse(&c, "a", strict, sizeof(strict) - 1, '\n', &err));
	for (int i = 0; i < CONF_RULES_MAX; i++)
		assert_true(conf_parse(&c, "a", line, len, '\n', &err));
	assert_false(conf_parse(&c, "a", line, len, '\n', &err));
	assert_non_null(strstr(err.text, "too many rules"));
	assert_int_equal(err.line, 1);
	assert_int_equal(err.column, 1);

	/* strict would be one too many */
	assert_false(conf_finish(&c, &err));
	assert_non_null(strstr(err.text, "too many rules"));
	assert_string_equal(err.source, "a");
	assert_int_equal(c.nrules, CONF_RULES_MAX);
	conf_util_free(&c);
}

/* Any memory that is too small gives an error that says so, never a write
 * behind it (for the sanitizers). */
static void test_too_little_memory(void **state)
{
	static const char text[] = "route name.example unix:/run/sock\n"
				   "log-file /var/log/file\npass other\nstrict";
	const size_t enough = conf_mem_size(sizeof(text));
	bool reached = false;

	(void)state;
	for (size_t size = 1; size <= enough; size++) {
		struct conf_error err;
		void *mem = malloc(size);
		struct conf c;
		bool good;

		assert_non_null(mem);
		conf_init(&c, mem, size);
		good = conf_parse(&c, "a", text, sizeof(text) - 1, '\n',
				  &err) &&
		       conf_finish(&c, &err);
		check(good || strstr(err.text, "no memory"), "%zu: %s", size,
		      err.text);
		check(!reached || good, "%zu", size);
		reached = good;
		free(mem);
	}
	assert_true(reached);
}

static void test_empty(void **state)
{
	struct conf_error err;
	struct conf c;

	(void)state;
	conf_util_init(&c, 0);
	assert_true(conf_parse(&c, "a", NULL, 0, '\n', &err));
	assert_int_equal(c.nrules, 0);
	conf_util_free(&c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_dense),
		cmocka_unit_test(test_mixed),
		cmocka_unit_test(test_too_many_rules),
		cmocka_unit_test(test_too_little_memory),
		cmocka_unit_test(test_empty),
	};

	return cmocka_run_group_tests_name("conf_mem", tests, NULL, NULL);
}
