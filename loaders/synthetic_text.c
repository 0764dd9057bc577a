/* SPDX-License-Identifier: GPL-3.0-or-later
 * synthetic_text.c: the table of digits, spelt out by the preprocessor, so that it is constant and in the program. */
#include "loaders/synthetic_text.h"

#define DIGITS1(p) p "0" p "1" p "2" p "3" p "4" p "5" p "6" p "7" p "8" p "9"
#define DIGITS2(p)                                                                                                     \
    DIGITS1(p "0") DIGITS1(p "1") DIGITS1(p "2") DIGITS1(p "3") DIGITS1(p "4") DIGITS1(p "5") DIGITS1(p "6")           \
    DIGITS1(p "7") DIGITS1(p "8") DIGITS1(p "9")
#define DIGITS3(p)                                                                                                     \
    DIGITS2(p "0") DIGITS2(p "1") DIGITS2(p "2") DIGITS2(p "3") DIGITS2(p "4") DIGITS2(p "5") DIGITS2(p "6")           \
    DIGITS2(p "7") DIGITS2(p "8") DIGITS2(p "9")

const char syn_digits[40001] = DIGITS3("0") DIGITS3("1") DIGITS3("2") DIGITS3("3") DIGITS3("4") DIGITS3("5")
    DIGITS3("6") DIGITS3("7") DIGITS3("8") DIGITS3("9");
