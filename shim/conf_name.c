// SPDX-License-Identifier: GPL-3.0-or-later
/* conf_name: host names in DEST of a rule */

#include <string.h>

#include "conf_internal.h"

#define LABEL_MAX 63 /* RFC 1035 2.3.4 */

/**
 * conf_pattern() - Keep @w, in lower case, as the rule's pattern
 *
 * Return: true, or false with the error set
 */
bool conf_pattern(struct conf_parser *p, const struct conf_word *w,
		  struct rule *r)
{
	char *copy = conf_keep(p, w);

	if (!copy)
		return false;
	for (size_t i = 0; i < w->len; i++)
		copy[i] = text_lower(copy[i]);
	r->pattern = copy;
	r->pattern_len = w->len;
	return true;
}

static bool is_name_byte(char c)
{
	c = text_lower(c);
	return (c >= 'a' && c <= 'z') || text_is_digit(c) || c == '-' ||
	       c == '_' || c == '*';
}

static bool check_label(struct conf_parser *p, const struct conf_word *label)
{
	if (!label->len)
		return conf_fail(p, label,
				 "empty label in the host name; for all names "
				 "below a domain write **.DOMAIN",
				 NULL);
	for (size_t i = 0; i < label->len; i++) {
		struct conf_word at = { label->s + i, 1 };

		if (!is_name_byte(*at.s))
			return conf_fail(p, &at, "a host name cannot hold ",
					 "; letters, digits, - _ * only, other "
					 "scripts in their xn-- form");
		if (i && label->len > 2 && !memcmp(at.s - 1, "**", 2))
			return conf_fail(p, label, "** in the label ",
					 "; ** is a label of its own, * may be "
					 "part of one");
	}
	if (label->len > LABEL_MAX)
		return conf_fail(
			p, label, "the label ",
			" is longer than 63 bytes, the most that DNS allows");
	return true;
}

/* libc would take a name that ends in a number for an address: inet_aton(3). */
static bool is_number(const struct conf_word *w)
{
	for (size_t i = 0; i < w->len; i++)
		if (!text_is_digit(w->s[i]))
			return false;
	return true;
}

/**
 * conf_name() - Read a host name, or * or ** for all
 * @r:		dest and pattern are filled in
 *
 * Return: true, or false with the error set
 */
bool conf_name(struct conf_parser *p, const struct conf_word *w, struct rule *r)
{
	struct conf_word name = *w, label, rest;
	bool more = true;

	if (conf_word_is(w, "*") || conf_word_is(w, "**")) {
		r->dest = DEST_ANY;
		return conf_pattern(p, w, r);
	}
	if (name.len > 1 && name.s[name.len - 1] == '.')
		name.len--;
	for (rest = name; more;) {
		label = rest;
		more = conf_word_cut(&label, '.', &rest);
		if (!check_label(p, &label))
			return false;
	}
	if (is_number(&label))
		return conf_fail(p, &label,
				 "no host name ends in a number like ", "");
	if (name.len > CONF_NAME_MAX)
		return conf_fail(
			p, w, "the name ",
			" is longer than 253 bytes, the most that DNS allows");
	r->dest = DEST_NAME;
	return conf_pattern(p, &name, r);
}
