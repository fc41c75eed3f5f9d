# Sourced after check.sh: a running host whose ports are asked, and every answer kept, so that another test can hold it
# against the API document of the service that gave it.
served=${SERVED:-$dir/served}
mkdir -p "$served"
asked=0

serve() { # config, log: starts it and waits for its ports
  "$bowline" run "$1" --var "$dir/var.$(basename "$2")" --log-file "$2" >"$2.out" 2>"$2.err" &
  host=$!
  started+=("$host")
  check "four ports are open" within 20 four_ports "$2"
  for s in signal-generator signal-bridge trade-execution portfolio-rebalancer; do
    port[$s]=$(sed -n "s/.*$s listens on [0-9.]*:\([0-9]*\).*/\1/p" "$2")
  done
}
declare -A port
four_ports() { [ "$(grep -c 'listens on' "$1" 2>/dev/null)" = 4 ]; }

# service, method, the route as its document names it, what to ask instead of the route's {…} and behind it, status wanted,
# curl's arguments. The body is kept; an answer carries the id of its request, and a refusal has the one shape.
ask() {
  local service=$1 method=$2 route=$3 rest=$4 want=$5; shift 5
  asked=$((asked + 1))
  local at=$route id=t-$asked.a_b
  case $route in *'{'*'}'*) at=${route/'{'*'}'/${rest%%\?*}}; case $rest in *\?*) at="$at?${rest#*\?}" ;; esac ;; *) at=$route$rest ;; esac
  body=$served/$(printf %04d $asked).json
  local got
  got=$(curl -s -m 20 -X "$method" -H "X-Request-Id: $id" -o "$body" -D "$dir/head" -w '%{http_code}' "$@" "http://127.0.0.1:${port[$service]}$at")
  printf '%s\t%s\t%s\t%s\t%s\n' "$service" "$method" "$route" "$got" "$(basename "$body")" >>"$served/asked.tsv"
  local what="$service $method $at"
  check "$what: $want" is "$got" "$want"
  check "$what: says whose request it answers" grep -qi "^x-request-id: $id" "$dir/head"
  [ "$got" -lt 400 ] || [ "$route" = /health ] || [ "$route" = /livez ] || [ "$route" = /readyz ] ||
    check "$what: the one error shape" grep -q "^{\"error\":{\"code\":\"[A-Z][A-Z_]*\",\"message\":\".*\",\"details\":{.*},\"request_id\":\"$id\"}}" "$body"
}
code() { # of the last refusal
  sed -n 's/^{"error":{"code":"\([A-Z_]*\)".*/\1/p' "$body"
}
first() { # name: the first text of this name in the last answer
  grep -o "\"$1\":\"[^\"]*\"" "$body" | head -1 | cut -d'"' -f4
}
has() { grep -q "$1" "$body"; }
