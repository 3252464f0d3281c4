// SPDX-License-Identifier: GPL-3.0-or-later
/* awsname: every suffix, its boundary, and what only looks like it */

#include "unit.h"

#include <stdlib.h>

#include "awsname.h"
#include "text.h"

static const char *const suffixes[] = {
	"amazonaws.com",
	"api.aws",
	"amazonaws.com.cn",
	"api.amazonwebservices.com.cn",
	"c2s.ic.gov",
	"api.aws.ic.gov",
	"sc2s.sgov.gov",
	"api.aws.scloud",
	"cloud.adc-e.uk",
	"api.cloud-aws.adc-e.uk",
	"csp.hci.ic.gov",
	"api.aws.hci.ic.gov",
	"amazonaws.eu",
	"api.amazonwebservices.eu",
	"on.aws",
	"signin.aws.amazon.com",
	"signin.amazonaws.cn",
	"signin.amazonaws-us-gov.com",
};

static bool match(const char *prefix, const char *suffix, const char *tail)
{
	char name[128];
	struct text t = text_init(name, sizeof(name));

	text_str(&t, prefix);
	text_str(&t, suffix);
	text_str(&t, tail);
	return awsname_match(name, t.len);
}

static void test_suffixes(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(suffixes); i++) {
		const char *s = suffixes[i];

		check(match("kms.us-east-1.", s, ""), "%s", s);
		check(match("x.", s, ""), "%s", s);
		check(match("x.", s, "."), "%s", s);
		check(!match("", s, ""), "%s", s);
		check(!match("", s, "."), "%s", s);
		check(!match(".", s, ""), "%s", s);
		check(!match("..", s, ""), "%s", s);
		check(!match("x..", s, ""), "%s", s);
		check(!match("x.not", s, ""), "%s", s);
		check(!match("x.", s, ".."), "%s", s);
		check(!match("x.", s, "x"), "%s", s);
		check(!match("x.", s, ".example"), "%s", s);
	}
}

static void test_names(void **state)
{
	static const struct {
		const char *name;
		bool aws;
	} cases[] = {
		{ "KMS.US-East-1.AmazonAWS.COM", true },
		{ "bucket.with.dots.s3.dualstack.eu-west-1.amazonaws.com.",
		  true },
		{ "123456789012.dkr.ecr.cn-north-1.amazonaws.com.cn", true },
		{ "123456789012.dkr-ecr.us-west-2.on.aws", true },
		{ "ec2.us-gov-west-1.api.aws", true },
		{ "vpce-1-2.kms.us-east-1.vpce.amazonaws.com", true },
		{ "us-east-1.signin.aws.amazon.com", true },
		{ "sts.eusc-de-east-1.amazonaws.eu", true },
		{ "signin.aws.amazon.com", false },
		{ "aws.amazon.com", false },
		{ "console.aws.amazon.com", false },
		{ "www.amazon.com", false },
		{ "amazonaws.com.evil.example", false },
		{ "kms.amazonaws.com.evil.example", false },
		{ "evilamazonaws.com", false },
		{ "kms.evil-amazonaws.com", false },
		{ "amazonaws.cn", false },
		{ "x.amazonaws.cn", false },
		{ "x.amazonaws.co", false },
		{ "public.ecr.aws", false },
		{ "example.aws", false },
		{ "localhost", false },
		{ "169.254.169.254", false },
		{ ".", false },
		{ "", false },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		check(awsname_match(cases[i].name, strlen(cases[i].name)) ==
			      cases[i].aws,
		      "%s", cases[i].name);
	assert_false(awsname_match(NULL, 0));
}

/* No byte before or behind the name is looked at (for the sanitizers), and no
 * beginning or end of one is taken for it. */
static void test_bounds(void **state)
{
	static const char name[] = "a.amazonaws.com";
	const size_t len = sizeof(name) - 1;

	(void)state;
	for (size_t from = 0; from <= len; from++) {
		for (size_t to = from; to <= len; to++) {
			char *copy = malloc(to - from + !(to - from));

			assert_non_null(copy);
			memcpy(copy, name + from, to - from);
			check(awsname_match(copy, to - from) ==
				      (from == 0 && to == len),
			      "%zu to %zu", from, to);
			free(copy);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_suffixes),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_bounds),
	};

	return cmocka_run_group_tests_name("awsname", tests, NULL, NULL);
}
