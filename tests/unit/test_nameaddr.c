// SPDX-License-Identifier: GPL-3.0-or-later
/* nameaddr: placeholders out and back, reuse of slots, the memory touched */

#include "unit.h"

#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "conf.h"
#include "nameaddr.h"
#include "text.h"

static void *more(size_t size)
{
	void *p = mmap(NULL, size, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return p == MAP_FAILED ? NULL : p;
}

static struct nameaddr *create(size_t nrules)
{
	void *mem = mmap(NULL, nameaddr_size(), PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	assert_ptr_not_equal(mem, MAP_FAILED);
	/* A huge page would hide which of its pages are touched. */
	madvise(mem, nameaddr_size(), MADV_NOHUGEPAGE);
	return nameaddr_init(mem, nrules, more);
}

static void destroy(struct nameaddr *na)
{
	munmap(na, nameaddr_size());
}

static size_t nth_name(size_t i, char buf[32])
{
	struct text t = text_init(buf, 32);

	text_str(&t, "host-");
	text_uint(&t, i);
	text_str(&t, ".example");
	return t.len;
}

static void intern(struct nameaddr *na, size_t rule, const char *name,
		   struct addr *v4, struct addr *v6)
{
	check(nameaddr_intern(na, rule, name, strlen(name), v4, v6), "%zu %s",
	      rule, name);
}

static void check_addr(const struct addr *a, const char *want)
{
	char buf[ADDR_STRLEN];

	addr_format(a, buf);
	assert_string_equal(buf, want);
}

static void check_lookup(const struct nameaddr *na, const struct addr *a,
			 size_t rule, const char *name)
{
	char found[NAMEADDR_NAME_MAX + 1], buf[ADDR_STRLEN];
	size_t number = 12345;

	addr_format(a, buf);
	memset(found, '#', sizeof(found));
	check(nameaddr_lookup(na, a, &number, found), "%s", buf);
	check(number == rule, "%s: rule %zu, not %zu", buf, number, rule);
	check(!strcmp(found, name), "%s: %s, not %s", buf, found, name);
	check(nameaddr_lookup(na, a, &number, NULL), "%s", buf);
}

static struct addr parse(const char *s)
{
	struct addr a;

	check(addr_parse(s, strlen(s), &a), "%s", s);
	return a;
}

static void test_addresses(void **state)
{
	/* rules, rule, the first address it gives */
	static const struct {
		size_t nrules, rule;
		const char *v4, *v6;
	} cases[] = {
		{ 1, 0, "198.18.0.1", "fd76:736f:636b::1" },
		{ 2, 0, "198.18.0.1", "fd76:736f:636b::1" },
		{ 2, 1, "198.19.0.0", "fd76:736f:636b::1:0" },
		{ 3, 1, "198.18.128.0", "fd76:736f:636b::8000" },
		{ 3, 2, "198.19.0.0", "fd76:736f:636b::1:0" },
		{ 4, 3, "198.19.128.0", "fd76:736f:636b::1:8000" },
		{ 5, 4, "198.19.0.0", "fd76:736f:636b::1:0" },
		{ CONF_RULES_MAX, 0, "198.18.0.1", "fd76:736f:636b::1" },
		{ CONF_RULES_MAX, CONF_RULES_MAX - 1, "198.19.255.224",
		  "fd76:736f:636b::1:ffe0" },
	};
	struct addr v4, v6;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct nameaddr *na = create(cases[i].nrules);

		intern(na, cases[i].rule, "a.b", &v4, &v6);
		check_addr(&v4, cases[i].v4);
		check_addr(&v6, cases[i].v6);
		check_lookup(na, &v4, cases[i].rule, "a.b");
		check_lookup(na, &v6, cases[i].rule, "a.b");
		destroy(na);
	}
}

static void test_same_name(void **state)
{
	struct nameaddr *na = create(2);
	struct addr a4, a6, b4, b6;

	(void)state;
	intern(na, 0, "Kms.Example", &a4, &a6);
	intern(na, 0, "kMS.example", &b4, &b6);
	assert_true(addr_equal(&a4, &b4));
	assert_true(addr_equal(&a6, &b6));
	check_lookup(na, &b4, 0, "Kms.Example");

	intern(na, 1, "kms.example", &b4, &b6);
	assert_false(addr_equal(&a4, &b4));
	check_lookup(na, &b4, 1, "kms.example");
	check_lookup(na, &a4, 0, "Kms.Example");

	intern(na, 0, "kms.exampl", &b4, &b6);
	assert_false(addr_equal(&a4, &b4));
	destroy(na);
}

static void test_refuses(void **state)
{
	struct nameaddr *na = create(3);
	char name[NAMEADDR_NAME_MAX + 2];
	struct addr v4, v6;

	(void)state;
	memset(name, 'a', sizeof(name));
	assert_false(nameaddr_intern(na, 0, name, 0, &v4, &v6));
	assert_false(nameaddr_intern(na, 0, name, 254, &v4, &v6));
	assert_false(nameaddr_intern(na, 0, name, 256, &v4, &v6));
	assert_false(nameaddr_intern(na, 0, name, SIZE_MAX, &v4, &v6));
	assert_false(nameaddr_intern(na, 3, name, 1, &v4, &v6));
	assert_false(nameaddr_intern(na, SIZE_MAX, name, 1, &v4, &v6));
	assert_true(nameaddr_intern(na, 2, name, 253, &v4, &v6));
	name[253] = '\0';
	check_lookup(na, &v4, 2, name);
	destroy(na);
}

static void test_lookup(void **state)
{
	/* With three rules the upper two bits are the rule. */
	static const struct {
		const char *addr;
		bool placeholder;
		int rule; /* -1: not found */
	} cases[] = {
		{ "198.18.0.0", true, -1 },
		{ "198.18.0.1", true, 0 },
		{ "198.18.127.255", true, 0 },
		{ "198.18.128.0", true, 1 },
		{ "198.19.127.255", true, 2 },
		{ "198.19.128.0", true, -1 },
		{ "198.19.255.255", true, -1 },
		{ "198.17.255.255", false, -1 },
		{ "198.20.0.0", false, -1 },
		{ "199.18.0.1", false, -1 },
		{ "::198.18.0.1", false, -1 },
		{ "fd76:736f:636b::", true, -1 },
		{ "fd76:736f:636b::1", true, 0 },
		{ "fd76:736f:636b::1:0", true, 2 },
		{ "fd76:736f:636b::1:8000", true, -1 },
		{ "fd76:736f:636b::2:0", true, -1 },
		{ "fd76:736f:636b::100:1", true, -1 },
		{ "fd76:736f:636b:0:8000::1", true, -1 },
		{ "fd76:736f:636b:1::1", false, -1 },
		{ "fd77:736f:636b::1", false, -1 },
		{ "::", false, -1 },
	};
	struct nameaddr *na = create(3);
	char name[NAMEADDR_NAME_MAX + 1];
	size_t rule;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct addr a = parse(cases[i].addr);

		check(nameaddr_is_placeholder(&a) == cases[i].placeholder, "%s",
		      cases[i].addr);
		/* Nothing was interned: the rule is known, the name is not. */
		if (cases[i].rule >= 0)
			check_lookup(na, &a, (size_t)cases[i].rule, "");
		else
			check(!nameaddr_lookup(na, &a, &rule, name), "%s",
			      cases[i].addr);
	}
	destroy(na);
}

/* The smallest rings: 32 slots, of which rule 0 has lost one. */
static void test_reuse(void **state)
{
	struct nameaddr *na = create(CONF_RULES_MAX);
	struct addr v4[3 * 32], v6, again, other;
	char name[32];

	(void)state;
	intern(na, 7, "other.example", &other, &v6);
	for (size_t rule = 0; rule < 2; rule++) {
		size_t slots = rule ? 32 : 31;

		for (size_t i = 0; i < 3 * slots; i++) {
			nth_name(i, name);
			intern(na, rule, name, &v4[i], &v6);
			check_lookup(na, &v4[i], rule, name);
			/* as long as there is room, the slot stays */
			for (size_t j = i; j + slots > i && j < i; j--) {
				nth_name(j, name);
				check_lookup(na, &v4[j], rule, name);
			}
			if (i < slots)
				continue;
			/* the oldest went, and none but it */
			assert_true(addr_equal(&v4[i], &v4[i - slots]));
			nth_name(i - slots + 1, name);
			check_lookup(na, &v4[i - slots + 1], rule, name);
			intern(na, rule, name, &again, &v6);
			assert_true(addr_equal(&again, &v4[i - slots + 1]));
		}
		/* what was pushed out gets a slot again, another's */
		nth_name(0, name);
		intern(na, rule, name, &again, &v6);
		check_lookup(na, &again, rule, name);
		assert_true(addr_equal(&again, &v4[2 * slots]));
	}
	check_lookup(na, &other, 7, "other.example");
	destroy(na);
}

/* Every address of the range, one name each, none twice; then all again, which
 * walks every chain, and once around the ring. */
static void test_all_slots(void **state)
{
	enum { ALL = (1 << NAMEADDR_BITS) - 1 };
	struct nameaddr *na = create(1);
	struct addr v4, v6;
	char name[32];

	(void)state;
	for (size_t i = 1; i <= 2 * (size_t)ALL; i++) {
		size_t slot = (i - 1) % ALL + 1;
		size_t len = nth_name(i, name);
		uint32_t n;

		assert_true(nameaddr_intern(na, 0, name, len, &v4, &v6));
		n = (uint32_t)(v4.b[13] & 1) << 16 | (uint32_t)v4.b[14] << 8 |
		    v4.b[15];
		check(n == slot, "%s: %u, not %zu", name, n, slot);
	}
	for (size_t i = ALL + 1; i <= 2 * (size_t)ALL; i++) {
		size_t len = nth_name(i, name);

		assert_true(nameaddr_intern(na, 0, name, len, &v4, &v6));
		check_lookup(na, &v4, 0, name);
		check_lookup(na, &v6, 0, name);
	}
	destroy(na);
}

/* Intern and find 100,000 names: constant time each.  A list instead of a
 * table would need minutes; the bound is far from what it takes (0.05 s). */
static void test_many_is_fast(void **state)
{
	enum { MANY = 100000 };
	struct nameaddr *na = create(1);
	clock_t before = clock();
	struct addr v4, v6;
	char name[32];

	(void)state;
	for (int round = 0; round < 2; round++) {
		for (size_t i = 0; i < MANY; i++) {
			size_t len = nth_name(i, name);

			nameaddr_intern(na, 0, name, len, &v4, &v6);
		}
	}
	print_message("2 x %d names: %ld us\n", MANY,
		      (long)((clock() - before) * 1000000 / CLOCKS_PER_SEC));
	check(clock() - before < 5 * CLOCKS_PER_SEC, "too slow");
	destroy(na);
}

static size_t resident_pages(void *mem, size_t size)
{
	static unsigned char pages[1 << 16];
	size_t n = 0, page = (size_t)sysconf(_SC_PAGESIZE);

	assert_true(size / page < sizeof(pages));
	assert_int_equal(mincore(mem, size, pages), 0);
	for (size_t i = 0; i < size / page; i++)
		n += pages[i] & 1;
	return n;
}

/* A process that resolves nothing pays one page. */
static void test_touches_little(void **state)
{
	struct nameaddr *na = create(CONF_RULES_MAX);
	struct addr v4, v6;

	(void)state;
	assert_true(resident_pages(na, nameaddr_size()) <= 1);
	intern(na, 5, "a.example", &v4, &v6);
	/* header, counter, bucket, slot (which may lie on two) */
	assert_true(resident_pages(na, nameaddr_size()) <= 5);
	destroy(na);
}

static void *no_more(size_t size)
{
	(void)size;
	return NULL;
}

/* Without storage no name is given out, and what comes back has none. */
static void test_no_storage(void **state)
{
	char name[NAMEADDR_NAME_MAX + 1] = "x";
	struct nameaddr *na = create(4);
	struct addr v4, v6;
	size_t rule;

	(void)state;
	na = nameaddr_init(na, 4, no_more);
	assert_false(nameaddr_intern(na, 1, "a.example", 9, &v4, &v6));
	assert_true(addr_parse("198.18.128.1", 12, &v4));
	assert_true(nameaddr_lookup(na, &v4, &rule, name));
	assert_int_equal(rule, 1);
	assert_string_equal(name, "");
	destroy(na);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_addresses),
		cmocka_unit_test(test_same_name),
		cmocka_unit_test(test_refuses),
		cmocka_unit_test(test_no_storage),
		cmocka_unit_test(test_lookup),
		cmocka_unit_test(test_reuse),
		cmocka_unit_test(test_all_slots),
		cmocka_unit_test(test_many_is_fast),
		cmocka_unit_test(test_touches_little),
	};

	return cmocka_run_group_tests_name("nameaddr", tests, NULL, NULL);
}
