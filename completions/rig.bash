# bash completion for rig, made by `rig completions bash`
_rig() {
    local cur="${COMP_WORDS[COMP_CWORD]}" prev="${COMP_WORDS[COMP_CWORD-1]}" path="" words="" next i
    for ((i = 1; i < COMP_CWORD; i++)); do
        next="${path:+$path }${COMP_WORDS[i]}"
        case " [ask] [chat] [index] [search] [indexes] [indexes list] [indexes rm] [indexes show] [indexes update] [embed] [rerank] [transcribe] [speak] [image] [agents] [agents edit] [agents list] [agents new] [agents route] [agents run] [agents show] [acp] [roles] [roles edit] [roles list] [roles new] [roles show] [templates] [templates edit] [templates list] [templates new] [templates show] [tools] [tools check] [tools list] [tools run] [tools show] [mcp] [mcp add] [mcp import] [mcp list] [mcp login] [mcp logout] [mcp rm] [mcp serve] [mcp show] [mcp test] [mcp trust] [models] [models alias] [models aliases] [models count] [models list] [models pull] [models refresh] [models rm] [models route] [models show] [models unalias] [providers] [providers check] [providers list] [providers show] [plugins] [plugins audit] [plugins list] [sessions] [sessions approve] [sessions deny] [sessions diff] [sessions export] [sessions list] [sessions pending] [sessions rm] [sessions show] [sessions undo] [usage] [memory] [memory export] [memory list] [memory rm] [memory set] [keys] [keys list] [keys path] [keys rm] [keys set] [config] [config check] [config edit] [config explain] [config get] [config list] [config path] [config schema] [config set] [config trust] [config unset] [config untrust] [doctor] [completions] " in
            *"[$next]"*) path="$next" ;;
        esac
    done
    case "$path $prev" in
        "ask --native"|"chat --native") words="web_search code_execution url_context maps image_generation file_search" ;;
        "ask --format"|"agents run --format") words="text markdown json jsonl" ;;
        "ask --approve"|"chat --approve"|"agents run --approve"|"acp --approve") words="rules never all" ;;
        "ask --color"|"chat --color"|"agents run --color") words="auto always never" ;;
        "index --format"|"search --format"|"embed --format"|"rerank --format") words="text json jsonl" ;;
        "indexes list --format"|"indexes show --format"|"speak --format"|"image --format"|"agents list --format"|"agents route --format"|"agents show --format"|"roles list --format"|"roles show --format"|"templates list --format"|"templates show --format"|"tools check --format"|"tools list --format"|"tools run --format"|"tools show --format"|"mcp list --format"|"mcp show --format"|"mcp test --format"|"models aliases --format"|"models count --format"|"models list --format"|"models refresh --format"|"models route --format"|"models show --format"|"providers list --format"|"providers show --format"|"plugins audit --format"|"plugins list --format"|"sessions list --format"|"sessions pending --format"|"usage --format"|"memory list --format"|"keys list --format"|"config explain --format"|"config get --format"|"config list --format"|"doctor --format") words="text json" ;;
        "embed --purpose") words="query document" ;;
        "transcribe --format") words="text json srt vtt" ;;
        "speak --audio-format") words="mp3 wav opus flac pcm aac" ;;
        "mcp add --transport") words="http sse" ;;
        "models pull --format") words="text jsonl" ;;
        "sessions export --format") words="json md html python" ;;
        "usage --by") words="day model provider" ;;
    esac
    if [[ -n "$words" ]]; then
        COMPREPLY=($(compgen -W "$words" -- "$cur"))
        return
    fi
    case "$path" in
        "") words="ask chat index search indexes embed rerank transcribe speak image agents acp roles templates tools mcp models providers plugins sessions usage memory keys config doctor completions --help --version" ;;
        "ask") words="-m --model -s --system -f --file -i --index -A --agent --role -t --template -p --parameter -T --tool --tools-dir --no-tools --native --messages --tools-file -S --schema -c --continue -r --resume --no-session -o --option --format -x --code --no-stdin --no-sources --explain -q --quiet -v --verbose --debug --base-url --wire --no-stream --timeout --retries --max-turns --max-cost --approve --yes --pause --offline --local-only --record --replay --color --help" ;;
        "chat") words="-m --model -s --system -f --file -i --index -A --agent --role -t --template -p --parameter -T --tool --tools-dir --no-tools --native -S --schema -c --continue -r --resume --no-session -o --option -q --quiet -v --verbose --debug --base-url --wire --no-stream --timeout --retries --max-turns --max-cost --approve --yes --offline --local-only --record --replay --color --help" ;;
        "index") words="--name --include --exclude --max-file-size --embedder --no-vectors --strict --format -q --quiet --help" ;;
        "search") words="-i --index --queries --top --min-score --lexical --dense --widen --format --full --help" ;;
        "indexes") words="list rm show update --help" ;;
        "indexes list") words="--format --help" ;;
        "indexes rm") words="--help" ;;
        "indexes show") words="--format --help" ;;
        "indexes update") words="--help" ;;
        "embed") words="-m --model -f --file --dimensions --purpose --together --format -o --option -q --quiet --debug --base-url --wire --timeout --retries --offline --record --replay --help" ;;
        "rerank") words="-m --model --top --format -o --option -q --quiet --debug --base-url --wire --timeout --retries --offline --record --replay --help" ;;
        "transcribe") words="-m --model --language --prompt --segments -O --output --force --format --no-stream -o --option -q --quiet --debug --base-url --wire --timeout --retries --offline --record --replay --help" ;;
        "speak") words="-m --model -f --file --voice --audio-format -O --output --force --play --list-voices --format -o --option -q --quiet --debug --base-url --wire --timeout --retries --offline --record --replay --help" ;;
        "image") words="-m --model -f --file --mask -n --count --size --quality -O --output --force --show --no-show --format -o --option -q --quiet --debug --base-url --wire --timeout --retries --offline --record --replay --help" ;;
        "agents") words="edit list new route run show --help" ;;
        "agents edit") words="--help" ;;
        "agents list") words="--format --help" ;;
        "agents new") words="--help" ;;
        "agents route") words="--format --help" ;;
        "agents run") words="-m --model -f --file -i --index -t --template -p --parameter -T --tool --tools-dir -c --continue -r --resume --no-session -o --option --format --no-stdin --explain -q --quiet -v --verbose --debug --base-url --wire --no-stream --timeout --retries --max-turns --approve --yes --offline --local-only --record --replay --color --help" ;;
        "agents show") words="--format --help" ;;
        "acp") words="-m --model -s --system -A --agent -i --index -T --tool --tools-dir --no-tools --no-session -o --option --base-url --wire --max-turns --approve --yes --offline --local-only --debug --help" ;;
        "roles") words="edit list new show --help" ;;
        "roles edit") words="--help" ;;
        "roles list") words="--format --help" ;;
        "roles new") words="--help" ;;
        "roles show") words="--format --help" ;;
        "templates") words="edit list new show --help" ;;
        "templates edit") words="--help" ;;
        "templates list") words="--format --help" ;;
        "templates new") words="--help" ;;
        "templates show") words="--format --help" ;;
        "tools") words="check list run show --help" ;;
        "tools check") words="--tool --format --help" ;;
        "tools list") words="--format --help" ;;
        "tools run") words="--format --help" ;;
        "tools show") words="--format --help" ;;
        "mcp") words="add import list login logout rm serve show test trust --help" ;;
        "mcp add") words="--url --transport -e --env --header --cwd --timeout --replace --help" ;;
        "mcp import") words="--only --all --replace --help" ;;
        "mcp list") words="--format --help" ;;
        "mcp login") words="--no-browser --help" ;;
        "mcp logout") words="--help" ;;
        "mcp rm") words="--help" ;;
        "mcp serve") words="--http -i --index -m --model --no-token --help" ;;
        "mcp show") words="--format --help" ;;
        "mcp test") words="-v --verbose --format --help" ;;
        "mcp trust") words="--help" ;;
        "models") words="alias aliases count list pull refresh rm route show unalias --help" ;;
        "models alias") words="--help" ;;
        "models aliases") words="--format --help" ;;
        "models count") words="-m --model -f --file -s --system --messages --tools-file --estimate --format -q --quiet --debug --base-url --wire --timeout --retries --offline --local-only --record --replay --help" ;;
        "models list") words="--refresh --base-url --wire --format --offline --help" ;;
        "models pull") words="--base-url --format --offline --help" ;;
        "models refresh") words="--reset --url --format --offline --help" ;;
        "models rm") words="--base-url --help" ;;
        "models route") words="-m --model -f --file --local-only --format --help" ;;
        "models show") words="--format --help" ;;
        "models unalias") words="--help" ;;
        "providers") words="check list show --help" ;;
        "providers check") words="--base-url --wire --offline --help" ;;
        "providers list") words="--ready --format --help" ;;
        "providers show") words="--format --help" ;;
        "plugins") words="audit list --help" ;;
        "plugins audit") words="--format --help" ;;
        "plugins list") words="--format --help" ;;
        "sessions") words="approve deny diff export list pending rm show undo --help" ;;
        "sessions approve") words="--all --help" ;;
        "sessions deny") words="--all --reason --help" ;;
        "sessions diff") words="--help" ;;
        "sessions export") words="--format -o --output --help" ;;
        "sessions list") words="--limit --format --help" ;;
        "sessions pending") words="--format --help" ;;
        "sessions rm") words="--help" ;;
        "sessions show") words="--help" ;;
        "sessions undo") words="--keep --force --help" ;;
        "usage") words="--by --days --format --help" ;;
        "memory") words="export list rm set --help" ;;
        "memory export") words="--session --help" ;;
        "memory list") words="--session --format --help" ;;
        "memory rm") words="--session --help" ;;
        "memory set") words="--session --help" ;;
        "keys") words="list path rm set --help" ;;
        "keys list") words="--format --help" ;;
        "keys path") words="--help" ;;
        "keys rm") words="--help" ;;
        "keys set") words="--help" ;;
        "config") words="check edit explain get list path schema set trust unset untrust --help" ;;
        "config check") words="--help" ;;
        "config edit") words="--help" ;;
        "config explain") words="--format --help" ;;
        "config get") words="--format --help" ;;
        "config list") words="--format --help" ;;
        "config path") words="--help" ;;
        "config schema") words="--help" ;;
        "config set") words="--help" ;;
        "config trust") words="--help" ;;
        "config unset") words="--help" ;;
        "config untrust") words="--help" ;;
        "doctor") words="--format --help" ;;
        "completions") words="bash zsh fish powershell --help" ;;
    esac
    COMPREPLY=($(compgen -W "$words" -- "$cur"))
    if [[ "$cur" != -* ]]; then
        COMPREPLY+=($(compgen -f -- "$cur"))
    fi
}
complete -o filenames -o bashdefault -F _rig rig
