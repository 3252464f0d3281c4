// SPDX-License-Identifier: GPL-3.0-or-later
/* text: pieces, truncation, quoting */

#include "unit.h"

#include "text.h"

static void test_pieces(void **state)
{
	char buf[64];
	struct text t = text_init(buf, sizeof(buf));

	(void)state;
	assert_string_equal(buf, "");
	text_str(&t, "port ");
	text_uint(&t, 8000);
	text_char(&t, '/');
	text_hex(&t, 0xec2);
	text_bytes(&t, "abcdef", 2);
	text_bytes(&t, NULL, 0);
	assert_string_equal(buf, "port 8000/ec2ab");
	assert_int_equal(t.len, strlen(buf));
}

static void test_numbers(void **state)
{
	char buf[64];
	struct text t;

	(void)state;
	t = text_init(buf, sizeof(buf));
	text_uint(&t, 0);
	text_char(&t, ' ');
	text_uint(&t, UINT64_MAX);
	text_char(&t, ' ');
	text_hex(&t, UINT64_MAX);
	assert_string_equal(buf, "0 18446744073709551615 ffffffffffffffff");
}

/* Whatever the size, the string is the longest beginning that fits, and not a
 * byte behind the buffer changes. */
static void test_truncates(void **state)
{
	static const char whole[] = "host 'a?b...' 4294967295";
	char buf[sizeof(whole) + 8];

	(void)state;
	for (size_t size = 1; size <= sizeof(whole) + 4; size++) {
		struct text t;
		size_t want = size - 1 < sizeof(whole) - 1 ? size - 1
							   : sizeof(whole) - 1;

		memset(buf, '#', sizeof(buf));
		t = text_init(buf, size);
		text_str(&t, "host ");
		text_quote(&t, "a\033bcd", 5, 3);
		text_char(&t, ' ');
		text_uint(&t, UINT32_MAX);
		check(t.len == want && strlen(buf) == want, "size %zu", size);
		check(!memcmp(buf, whole, want), "size %zu: %s", size, buf);
		for (size_t i = size; i < sizeof(buf); i++)
			check(buf[i] == '#', "size %zu: byte %zu", size, i);
	}
}

static void test_quote(void **state)
{
	char buf[64];
	struct text t;

	(void)state;
	t = text_init(buf, sizeof(buf));
	text_quote(&t, "abc", 3, 3);
	text_quote(&t, "abcd", 4, 3);
	text_quote(&t, "", 0, 3);
	text_quote(&t, "\xc3\xa4\n\x7f~", 5, 9);
	assert_string_equal(buf, "'abc''abc...''''????~'");
}

static void test_case(void **state)
{
	(void)state;
	for (int c = 0; c < 256; c++) {
		char want = (char)(c >= 'A' && c <= 'Z' ? c + 32 : c);

		check(text_lower((char)c) == want, "byte %d", c);
	}
	assert_true(text_equal_nocase("KmS.", "kMs.", 4));
	assert_true(text_equal_nocase("a", "b", 0));
	/* 0x20 apart like letters, but none */
	assert_false(text_equal_nocase("@", "`", 1));
	assert_false(text_equal_nocase("[", "{", 1));
	assert_false(text_equal_nocase("abc", "abd", 3));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_pieces),
		cmocka_unit_test(test_numbers),
		cmocka_unit_test(test_truncates),
		cmocka_unit_test(test_quote),
		cmocka_unit_test(test_case),
	};

	return cmocka_run_group_tests_name("text", tests, NULL, NULL);
}
