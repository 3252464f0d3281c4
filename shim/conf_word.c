// SPDX-License-Identifier: GPL-3.0-or-later
/* conf_word: words, numbers and errors of conf.c and its parts. */

#include <string.h>

#include "conf_internal.h"

#define QUOTE_MAX 40 /* bytes of a bad word that an error shows */
#define HINT_MAX  24 /* longest word that hint() compares, and its NUL */

static struct text begin_error(struct conf_parser *p, const char *at)
{
	p->err->source = p->source;
	p->err->line = p->line;
	p->err->column = (unsigned)(at - p->line_start) + 1;
	return text_init(p->err->text, sizeof(p->err->text));
}

/**
 * conf_fail() - Fill in the error
 * @at:		the offending word; its first byte gives the column
 * @before:	text in front of the quoted word, or the whole text
 * @after:	text behind the quoted word; NULL: do not quote it
 *
 * Return: false, for the caller to return
 */
bool conf_fail(struct conf_parser *p, const struct conf_word *at,
	       const char *before, const char *after)
{
	struct text t = begin_error(p, at->s);

	text_str(&t, before);
	if (after) {
		text_quote(&t, at->s, at->len, QUOTE_MAX);
		text_str(&t, after);
	}
	return false;
}

/**
 * conf_fail_missing() - Complain of what should follow the last word
 *
 * Return: false
 */
bool conf_fail_missing(struct conf_parser *p, const char *text)
{
	struct conf_word end = { p->last.s + p->last.len, 0 };

	return conf_fail(p, &end, text, NULL);
}

static unsigned min3(unsigned a, unsigned b, unsigned c)
{
	unsigned m = a < b ? a : b;

	return m < c ? m : c;
}

/* Edits (insert, delete, replace a byte) that turn @w into @name; both shorter
 * than HINT_MAX. */
static unsigned distance(const struct conf_word *w, const char *name)
{
	unsigned row[HINT_MAX], diagonal, above;
	size_t n = strlen(name);

	for (size_t j = 0; j <= n; j++)
		row[j] = (unsigned)j;
	for (size_t i = 0; i < w->len; i++) {
		diagonal = row[0]++;
		for (size_t j = 0; j < n; j++) {
			bool differ = text_lower(w->s[i]) != name[j];

			above = row[j + 1];
			row[j + 1] =
				min3(above + 1, row[j] + 1, diagonal + differ);
			diagonal = above;
		}
	}
	return row[n];
}

/* The one of @names that @w was probably meant to be, or NULL. */
static const char *hint(const struct conf_word *w, const char *const *names)
{
	const char *best = NULL;
	unsigned least = 3, d;

	if (w->len < 2 || w->len >= HINT_MAX)
		return NULL;
	for (; *names; names++) {
		d = distance(w, *names);
		if (d < least && d < w->len) {
			least = d;
			best = *names;
		}
	}
	return best;
}

/**
 * conf_fail_unknown() - Complain of a word that is none of @names
 * @what:	"unknown option " or the like
 * @expected:	the list, as a person reads it
 * @names:	the same for a "did you mean"; ends in NULL
 *
 * Return: false
 */
bool conf_fail_unknown(struct conf_parser *p, const struct conf_word *at,
		       const char *what, const char *expected,
		       const char *const *names)
{
	struct text t = begin_error(p, at->s);
	const char *meant = hint(at, names);

	text_str(&t, what);
	text_quote(&t, at->s, at->len, QUOTE_MAX);
	text_str(&t, "; expected ");
	text_str(&t, expected);
	if (meant) {
		text_str(&t, "; did you mean ");
		text_str(&t, meant);
		text_char(&t, '?');
	}
	return false;
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

/**
 * conf_word_next() - Take the next word of the rule
 *
 * Return: false at the end of the rule or before a comment
 */
bool conf_word_next(struct conf_parser *p, struct conf_word *w)
{
	struct conf_word *rest = &p->rest;

	while (rest->len && is_blank(*rest->s)) {
		rest->s++;
		rest->len--;
	}
	if (!rest->len || *rest->s == '#')
		return false;

	*w = (struct conf_word){ rest->s, 0 };
	while (rest->len && !is_blank(*rest->s)) {
		rest->s++;
		rest->len--;
		w->len++;
	}
	p->last = *w;
	return true;
}

/**
 * conf_word_is() - Is the word @s?
 */
bool conf_word_is(const struct conf_word *w, const char *s)
{
	return w->len == strlen(s) && !memcmp(w->s, s, w->len);
}

/**
 * conf_word_skip() - Take @prefix off the front of @w
 *
 * Return: false, and @w as it was, where it does not begin so
 */
bool conf_word_skip(struct conf_word *w, const char *prefix)
{
	size_t n = strlen(prefix);

	if (w->len < n || memcmp(w->s, prefix, n) != 0)
		return false;
	w->s += n;
	w->len -= n;
	return true;
}

/**
 * conf_word_cut() - Cut @w at the first @c
 * @w:		left with what is before @c
 * @tail:	what is behind it
 *
 * Return: false, and @w as it was, where there is no @c
 */
bool conf_word_cut(struct conf_word *w, char c, struct conf_word *tail)
{
	const char *at = w->len ? memchr(w->s, c, w->len) : NULL;

	if (!at)
		return false;
	*tail = (struct conf_word){ at + 1, w->len - (size_t)(at + 1 - w->s) };
	w->len = (size_t)(at - w->s);
	return true;
}

/**
 * conf_word_number() - Read @w as a decimal number
 *
 * Return: false where it holds anything but digits, or is over UINT32_MAX
 */
bool conf_word_number(const struct conf_word *w, uint32_t *n)
{
	uint64_t v = 0;

	for (size_t i = 0; i < w->len; i++) {
		if (!text_is_digit(w->s[i]))
			return false;
		v = v * 10 + (uint64_t)(w->s[i] - '0');
		if (v > UINT32_MAX)
			return false;
	}
	*n = (uint32_t)v;
	return w->len > 0;
}

/**
 * conf_keep() - Copy a word into the configuration's memory
 *
 * Return: the copy, with a NUL behind it, or NULL with the error set
 */
char *conf_keep(struct conf_parser *p, const struct conf_word *w)
{
	struct conf *c = p->c;
	size_t taken = c->nrules * sizeof(struct rule) + c->mem_used;
	char *copy;

	if (c->mem_size < taken || c->mem_size - taken <= w->len) {
		conf_fail(p, w, "no memory left for ", "");
		return NULL;
	}
	c->mem_used += w->len + 1;
	copy = c->mem + c->mem_size - c->mem_used;
	memcpy(copy, w->s, w->len);
	copy[w->len] = '\0';
	return copy;
}
