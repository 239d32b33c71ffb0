# bash completion for canvass(1). Candidates come from "canvass __complete", names from the daemon;
# nothing is kept on disk. Use it with: source <(canvass completion)
_canvass() {
    local line word about words current="${COMP_WORDS[COMP_CWORD]}"
    local -a candidates=() shown=()
    current="${current%\"}"
    current="${current#\"}"
    printf -v words '%s\037' "${COMP_WORDS[@]:1:COMP_CWORD-1}"
    ((COMP_CWORD > 1)) || words=
    COMPREPLY=()
    while IFS=$'\t' read -r word about; do
        if [[ $word == :FILE ]]; then
            compopt -o filenames
            mapfile -t COMPREPLY < <(compgen -f -- "$current")
            return
        fi
        candidates+=("$word")
        shown+=("$word${about:+  ($about)}")
    done < <("${COMP_WORDS[0]}" __complete -- "$words$current" 2>/dev/null)
    if ((${#candidates[@]} == 1)); then
        printf -v line '%q' "${candidates[0]}"
        COMPREPLY=("$line")
    elif [[ $COMP_TYPE == 63 ]]; then # the list is shown, nothing is put on the line
        COMPREPLY=("${shown[@]}")
    else
        COMPREPLY=("${candidates[@]}")
    fi
}
complete -F _canvass canvass
