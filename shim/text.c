// SPDX-License-Identifier: GPL-3.0-or-later
/* text: build a bounded string piece by piece; see text.h. */

#include <string.h>

#include "text.h"

/**
 * text_init() - Start an empty string
 * @buf:	memory of @size bytes, at least 1; borrowed
 */
struct text text_init(char *buf, size_t size)
{
	buf[0] = '\0';
	return (struct text){ .buf = buf, .size = size };
}

/**
 * text_bytes() - Append @len bytes of @s, as many as fit
 */
void text_bytes(struct text *t, const char *s, size_t len)
{
	size_t room = t->size - 1 - t->len;

	if (len > room)
		len = room;
	if (!len)
		return;
	memcpy(t->buf + t->len, s, len);
	t->len += len;
	t->buf[t->len] = '\0';
}

/**
 * text_char() - Append one byte
 */
void text_char(struct text *t, char c)
{
	text_bytes(t, &c, 1);
}

/**
 * text_str() - Append a NUL-terminated string
 */
void text_str(struct text *t, const char *s)
{
	text_bytes(t, s, strlen(s));
}

static void number(struct text *t, uint64_t n, unsigned base)
{
	char digits[20]; /* of UINT64_MAX in base 10 */
	size_t i = sizeof(digits);

	do {
		digits[--i] = "0123456789abcdef"[n % base];
		n /= base;
	} while (n);
	text_bytes(t, digits + i, sizeof(digits) - i);
}

/**
 * text_uint() - Append @n in decimal
 */
void text_uint(struct text *t, uint64_t n)
{
	number(t, n, 10);
}

/**
 * text_hex() - Append @n in lower-case hexadecimal, without 0x
 */
void text_hex(struct text *t, uint64_t n)
{
	number(t, n, 16);
}

/**
 * text_quote() - Append somebody else's bytes in single quotes
 * @max:	show no more than so many bytes, then "..."
 *
 * What is not printable ASCII becomes '?', so that a message stays one line
 * and cannot drive a terminal.
 */
void text_quote(struct text *t, const char *s, size_t len, size_t max)
{
	size_t shown = len > max ? max : len;

	text_char(t, '\'');
	for (size_t i = 0; i < shown; i++)
		text_char(t, s[i] >= ' ' && s[i] <= '~' ? s[i] : '?');
	if (shown < len)
		text_str(t, "...");
	text_char(t, '\'');
}

/**
 * text_equal_nocase() - Are @len bytes of @a and @b the same but for case?
 */
bool text_equal_nocase(const char *a, const char *b, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (text_lower(a[i]) != text_lower(b[i]))
			return false;
	return true;
}
