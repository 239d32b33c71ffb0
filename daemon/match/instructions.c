/* Which of the compiled forms of judge.c this machine can run. */
#include "match/match_internal.h"

#if defined(__x86_64__)
match_judge_fn *match_judge_for(enum match_instructions instructions)
{
    bool may_512
        = instructions == MATCH_INSTRUCTIONS_BEST || instructions == MATCH_INSTRUCTIONS_AVX512;
    bool may_256 = may_512 || instructions == MATCH_INSTRUCTIONS_AVX2;
    if (may_512 && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl"))
        return match_judge_avx512;
    if (may_256 && __builtin_cpu_supports("avx2"))
        return match_judge_avx2;
    return match_judge_portable;
}
#else
match_judge_fn *match_judge_for(enum match_instructions instructions)
{
    (void)instructions;
    return match_judge_portable;
}
#endif
