/* Hot loops are compiled three times and the best version is chosen when the program starts. "fma" stands for every x86 processor since
 * 2013; the explicit fmaf() of kernels/math/ is one instruction there and a library call in "default". Other processors have one version. */
#pragma once

#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__) && !defined(__SANITIZE_THREAD__) /* it crashes there */
#define SSG_CLONES __attribute__((target_clones("avx512f", "fma", "default")))
#define SSG_CLONES_OF_INTEGERS __attribute__((target_clones("avx512f", "avx2", "default"))) /* "fma" has short vectors of them */
#else
#define SSG_CLONES
#define SSG_CLONES_OF_INTEGERS
#endif
