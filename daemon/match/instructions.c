/* Which of the compiled forms of kernel.c this machine can run. */
#include "match/match_internal.h"

#if defined(__x86_64__)
const struct match_kernel *match_kernel_for(enum match_instructions instructions)
{
    bool may_512
        = instructions == MATCH_INSTRUCTIONS_BEST || instructions == MATCH_INSTRUCTIONS_AVX512;
    bool may_256 = may_512 || instructions == MATCH_INSTRUCTIONS_AVX2;
    if (may_512 && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl")
        && __builtin_cpu_supports("avx512vbmi") && __builtin_cpu_supports("avx512vpopcntdq"))
        return &match_kernel_avx512;
    if (may_256 && __builtin_cpu_supports("avx2"))
        return &match_kernel_avx2;
    return &match_kernel_portable;
}
#else
const struct match_kernel *match_kernel_for(enum match_instructions instructions)
{
    (void)instructions;
    return &match_kernel_portable;
}
#endif
