/* Which of the compiled forms of judge.c and score.c this machine can run. */
#include "match/match_internal.h"

struct match_kernel match_kernel_for(enum match_instructions instructions)
{
#if defined(__x86_64__)
    bool may_512
        = instructions == MATCH_INSTRUCTIONS_BEST || instructions == MATCH_INSTRUCTIONS_AVX512;
    bool may_256 = may_512 || instructions == MATCH_INSTRUCTIONS_AVX2;
    if (may_512 && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl")
        && __builtin_cpu_supports("avx512vbmi") && __builtin_cpu_supports("avx512vpopcntdq"))
        return (struct match_kernel) { &match_judge_avx512, &match_scorer_avx512 };
    if (may_256 && __builtin_cpu_supports("avx2"))
        return (struct match_kernel) { &match_judge_avx2, &match_scorer_avx2 };
#endif
    (void)instructions;
    return (struct match_kernel) { &match_judge_portable, &match_scorer_portable };
}
