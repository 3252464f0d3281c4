// SPDX-License-Identifier: GPL-3.0-or-later
/* interpose_dlopen: dlopen(3) without RTLD_DEEPBIND
 *
 * A library opened with RTLD_DEEPBIND binds to libc before us, and its
 * connections would miss our hooks: PHP opens its extensions so.
 *
 * The real dlopen() takes the RUNPATH, $ORIGIN and namespace of the object
 * that its return address is in.  So ours must leave no frame: it clears the
 * bit and jumps.  In assembler, since no C compiler promises that.
 */

#include <dlfcn.h>

#include "real.h"

_Static_assert(RTLD_DEEPBIND == 8, "the bit that the code below clears");

#if defined(__x86_64__)
__asm__(".text\n"
	".globl dlopen\n"
	".type dlopen, @function\n"
	".p2align 4\n"
	"dlopen:\n"
	"	.cfi_startproc\n"
	"	endbr64\n"
	"	andl	$~8, %esi\n"
	"	movq	real_dlopen(%rip), %rax\n"
	"	testq	%rax, %rax\n"
	"	jz	1f\n"
	"	jmp	*%rax\n"
	"1:	pushq	%rdi\n" /* before the constructor */
	"	.cfi_adjust_cfa_offset 8\n"
	"	pushq	%rsi\n"
	"	.cfi_adjust_cfa_offset 8\n"
	"	subq	$8, %rsp\n"
	"	.cfi_adjust_cfa_offset 8\n"
	"	call	real_init\n"
	"	addq	$8, %rsp\n"
	"	.cfi_adjust_cfa_offset -8\n"
	"	popq	%rsi\n"
	"	.cfi_adjust_cfa_offset -8\n"
	"	popq	%rdi\n"
	"	.cfi_adjust_cfa_offset -8\n"
	"	movq	real_dlopen(%rip), %rax\n"
	"	jmp	*%rax\n"
	"	.cfi_endproc\n"
	".size dlopen, .-dlopen\n");
#elif defined(__aarch64__)
__asm__(".text\n"
	".globl dlopen\n"
	".type dlopen, %function\n"
	".p2align 4\n"
	"dlopen:\n"
	"	.cfi_startproc\n"
	"	hint	#34\n" /* bti c */
	"	and	w1, w1, #~8\n"
	"	adrp	x16, real_dlopen\n"
	"	ldr	x16, [x16, #:lo12:real_dlopen]\n"
	"	cbz	x16, 1f\n"
	"	br	x16\n"
	"1:	stp	x29, x30, [sp, #-32]!\n" /* before the constructor */
	"	.cfi_adjust_cfa_offset 32\n"
	"	.cfi_rel_offset x29, 0\n"
	"	.cfi_rel_offset x30, 8\n"
	"	stp	x0, x1, [sp, #16]\n"
	"	bl	real_init\n"
	"	ldp	x0, x1, [sp, #16]\n"
	"	ldp	x29, x30, [sp], #32\n"
	"	.cfi_adjust_cfa_offset -32\n"
	"	.cfi_restore x30\n"
	"	adrp	x16, real_dlopen\n"
	"	ldr	x16, [x16, #:lo12:real_dlopen]\n"
	"	br	x16\n"
	"	.cfi_endproc\n"
	".size dlopen, .-dlopen\n");
#endif
