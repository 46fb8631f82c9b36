// The head of a kernel line: `[%5lu.%06lu] `, perhaps with a level `<6>` before it, and with the
// caller `[%6s]` (CONFIG_PRINTK_CALLER: `T` and a task's or `C` and a processor's number) behind
// the stamp: `[   12.345678][    T1] `.
#ifndef QEMU_GROW_CONSOLE_HEAD_H
#define QEMU_GROW_CONSOLE_HEAD_H

enum {
    HEAD_NONE = 0,  // this byte cannot come here
    HEAD_START = 1, // before the first byte
    HEAD_DONE = 2,  // this byte, a blank, ends a head
    // all other states: a head has begun
};

// Bytes of the longest head: level, stamp, caller, blank.
enum { HEAD_MAX = 5 + (1 + 11 + 1 + 6 + 1) + (1 + 11 + 1) + 1 };

// The state after the next byte.
unsigned char head_step(unsigned char state, char byte);

// Of what ends in the beginning of a caller that may as well be that of a second head's stamp, `[`
// and blanks: the state of that second head. Else HEAD_NONE.
unsigned char head_second(unsigned char state);

// The state after a stamp's `]`: what is left when the second head is taken away.
unsigned char head_stamp(void);

#endif
