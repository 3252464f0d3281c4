// SPDX-License-Identifier: GPL-3.0-or-later
/* route_pattern_match: globs over host names, their cost, and a second opinion
 * on every short one */

#include "unit.h"

#include <stdlib.h>
#include <time.h>

#include "route.h"

static bool match(const char *pattern, const char *name)
{
	return route_pattern_match(pattern, strlen(pattern), name,
				   strlen(name));
}

static void test_table(void **state)
{
	static const struct {
		const char *pattern, *name;
		bool match;
	} cases[] = {
		{ "a.b", "a.b", true },
		{ "a.b", "A.B.", true },
		{ "A.B", "a.b", true },
		{ "a.b", "a.b..", false },
		{ "a.b", "x.a.b", false },
		{ "a.b", "a.b.c", false },
		{ "a.b", "a.bb", false },
		{ "a.b", "a", false },
		{ "a.b", "a-b", false },
		{ "kms.*.amazonaws.com", "kms.us-east-1.amazonaws.com", true },
		{ "kms.*.amazonaws.com", "kms.amazonaws.com", false },
		{ "kms.*.amazonaws.com", "kms..amazonaws.com", false },
		{ "kms.*.amazonaws.com", "kms.a.b.amazonaws.com", false },
		{ "kms.*.amazonaws.com", "x.kms.a.amazonaws.com", false },
		{ "kms.**.amazonaws.com", "kms.a.b.amazonaws.com", true },
		{ "**.s3.us-east-1.amazonaws.com",
		  "my.dotted.bucket.s3.us-east-1.amazonaws.com", true },
		{ "**.s3.us-east-1.amazonaws.com", "s3.us-east-1.amazonaws.com",
		  false },
		{ "**.s3.us-east-1.amazonaws.com",
		  "xs3.us-east-1.amazonaws.com", false },
		{ "*.a.b", "x.a.b", true },
		{ "*.a.b", "x.y.a.b", false },
		{ "*.a.b", "a.b", false },
		{ "s3-*.x", "s3-eu.x", true },
		{ "s3-*.x", "s3-.x", false },
		{ "s3*.x", "s3.x", false },
		{ "*-fips.x", "kms-fips.x", true },
		{ "*-fips.x", "-fips.x", false },
		{ "*-fips.x", "a-fips-fips.x", true },
		{ "*-*.x", "a-b-c.x", true },
		{ "*-*.x", "a-.x", false },
		{ "a*c.x", "abbc.x", true },
		{ "a*c.x", "ac.x", false },
		{ "a*c.x", "abccc.x", true },
		{ "a.*", "a.b", true },
		{ "a.*", "a.b.c", false },
		{ "a.*", "a", false },
		{ "a.*", "a.", false },
		{ "a.**", "a.b.c.d", true },
		{ "a.**", "a", false },
		{ "**.a.**", "x.a.y", true },
		{ "**.a.**", "a.a.a", true },
		{ "**.a.**", "x.y.a.a.z", true },
		{ "**.a.**", "a.x.y", false },
		{ "**.a.**", "x.y.a", false },
		{ "**.*.b", "x.y.b", true },
		{ "**.*.b", "y.b", false },
		{ "*.**", "a.b.c", true },
		{ "*.**", "a", false },
		{ "**.b.*c", "x.b.b.cc", true },
		{ "**.b.*c", "x.b.y.b.cx", false },
		{ "**.ab.c", "x.aab.ab.c", true },
		{ "**.*b.*c.d", "x.xb.yb.xc.d", true },
		{ "*", "a", true },
		{ "*", "a.b", false },
		{ "**", "a.b", true },
		{ "*", "", false },
		{ "**", "", false },
		{ "", "a", false },
		{ "", "", false },
		{ "*", ".", false },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		check(match(cases[i].pattern, cases[i].name) == cases[i].match,
		      "%s on %s", cases[i].pattern, cases[i].name);
}

/* The definition, as plain as can be: * is one byte or more without a dot, **
 * one byte or more. */
static bool defined(const char *p, const char *n)
{
	bool any = p[0] == '*' && p[1] == '*';

	if (!*p)
		return !*n;
	if (*p != '*')
		return *p == *n && defined(p + 1, n + 1);
	for (; *n && (any || *n != '.'); n++)
		if (defined(p + (any ? 2 : 1), n + 1))
			return true;
	return false;
}

/* The @i-th string of up to seven of the three letters. */
static void nth(unsigned i, const char letters[3], char s[8])
{
	size_t len = 0, count = 1;

	while (i >= count) {
		i -= (unsigned)count;
		count *= 3;
		len++;
	}
	s[len] = '\0';
	while (len) {
		s[--len] = letters[i % 3];
		i /= 3;
	}
}

static void test_against_definition(void **state)
{
	enum { UP_TO_6 = 1093 };
	static char names[UP_TO_6][8];
	char pattern[8];

	(void)state;
	for (unsigned i = 0; i < UP_TO_6; i++)
		nth(i, "ab.", names[i]);
	for (unsigned i = 0; i < UP_TO_6; i++) {
		nth(i, "a*.", pattern);
		for (unsigned j = 1; j < UP_TO_6; j++) {
			const char *n = names[j];

			/* A last dot of the name is not part of it. */
			if (n[strlen(n) - 1] == '.')
				continue;
			check(match(pattern, n) == defined(pattern, n),
			      "%s on %s", pattern, n);
		}
	}
}

/* Patterns that take exponential time where each wildcard is tried anew.  They
 * end in a wildcard, or their last letter alone would settle it. */
static void test_cost(void **state)
{
	static const char *const patterns[] = {
		"*a*a*a*a*a*a*a*a*a*a*a*a*b*",
		"**.**.**.**.**.**.**.**.**.**.b*",
		"**a**a**a**a**a**a**a**a**a**b**",
		"**.*a*a*a*a*a*a.**.*a*a*a*a*b*",
		"**a*aaaaaaaaaaaaaaaaaaaaaaaab**",
		"**a*a*a*a*a*a*a*b*a*a*a.**",
		"*.*.*.*.*.*.*.*.*.*.*.*.*.*.b*",
	};
	static const char *const fills[] = {
		"a",
		"a.",
		"aaaaaaa.",
		"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.",
	};
	enum { LEN = 253 };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(patterns); i++) {
		for (size_t j = 0; j < ARRAY_LEN(fills); j++) {
			clock_t before = clock();
			char name[LEN + 1];

			for (size_t k = 0; k < LEN; k++)
				name[k] = fills[j][k % strlen(fills[j])];
			name[LEN - 1] = 'a';
			name[LEN] = '\0';
			assert_false(match(patterns[i], name));
			/* some ms at worst; exponential is years */
			check(clock() - before < CLOCKS_PER_SEC, "%s on %s",
			      patterns[i], name);
		}
	}
}

/* A pattern as long as one can be, over and over. */
static void test_long(void **state)
{
	char pattern[CONF_NAME_MAX + 1], name[CONF_NAME_MAX + 1];

	(void)state;
	for (size_t i = 0; i < CONF_NAME_MAX; i++) {
		pattern[i] = i % 2 ? '.' : '*';
		name[i] = i % 2 ? '.' : 'x';
	}
	pattern[CONF_NAME_MAX] = name[CONF_NAME_MAX] = '\0';
	assert_true(match(pattern, name));
	assert_false(match(pattern, name + 2));
	memset(pattern, '*', 252);
	memset(name, 'x', CONF_NAME_MAX);
	pattern[252] = '\0';
	assert_true(match(pattern, name));
}

/* Nothing behind either length is read (for the sanitizers). */
static void test_bounds(void **state)
{
	static const char *const patterns[] = { "*", "**", "a*", "*a", "a.**" };
	static const char text[] = "a.ab";

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(patterns); i++) {
		size_t plen = strlen(patterns[i]);
		char *p = malloc(plen);

		assert_non_null(p);
		memcpy(p, patterns[i], plen);
		for (size_t len = 1; len < sizeof(text); len++) {
			char *n = malloc(len);

			assert_non_null(n);
			memcpy(n, text, len);
			route_pattern_match(p, plen, n, len);
			free(n);
		}
		free(p);
	}
	assert_false(route_pattern_match(NULL, 0, NULL, 0));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_table),
		cmocka_unit_test(test_against_definition),
		cmocka_unit_test(test_cost),
		cmocka_unit_test(test_long),
		cmocka_unit_test(test_bounds),
	};

	return cmocka_run_group_tests_name("pattern", tests, NULL, NULL);
}
