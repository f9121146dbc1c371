#!/bin/sh
# The edge as a pass-through beside nginx, in one run: added time per event, time to the first event, CPU per request
# (4 KB POST answered by 50 SSE events). Usage: bench/edge_compare.sh [BIN_DIR] [ROUNDS]; needs nginx and wrk.
set -eu
bin=${1:-build/release/bin}
rounds=${2:-3}
dir=$(mktemp -d)
mock_port=19311 nginx_port=19312 edge_port=19313
pids=
trap 'for p in $pids; do kill "$p" 2>/dev/null || true; done; rm -rf "$dir"' EXIT

cat > "$dir/nginx.conf" <<CONF
daemon off; worker_processes 2; pid $dir/nginx.pid; error_log $dir/error.log;
events { worker_connections 4096; }
http {
  access_log off; client_body_temp_path $dir/body; proxy_temp_path $dir/proxy; fastcgi_temp_path $dir/f;
  uwsgi_temp_path $dir/u; scgi_temp_path $dir/s;
  keepalive_requests 1000000; client_body_buffer_size 64k;
  upstream mock { server 127.0.0.1:$mock_port; keepalive 256; keepalive_requests 1000000; }
  server {
    listen 127.0.0.1:$nginx_port reuseport;
    location / { proxy_pass http://mock; proxy_http_version 1.1; proxy_set_header Connection "";
                 proxy_buffering off; proxy_request_buffering off; }
  }
}
CONF
cat > "$dir/post.lua" <<'LUA'
wrk.method = "POST"
wrk.headers["Content-Type"] = "application/json"
wrk.body = '{"model":"m","messages":[{"role":"user","content":"' .. string.rep("x", 4040) .. '"}]}'
LUA

"$bin/edge_mock" $mock_port & pids="$pids $!"
nginx -c "$dir/nginx.conf" -p "$dir" 2>/dev/null & nginx_pid=$!; pids="$pids $nginx_pid"
"$bin/edge_relay" $edge_port 127.0.0.1:$mock_port >/dev/null & edge_pid=$!; pids="$pids $edge_pid"
sleep 1

ticks() {  # user + system time in clock ticks, of a process and its children that live
  total=0
  for p in "$1" $(pgrep -P "$1" || true); do
    t=$(awk '{ print $14 + $15 }' "/proc/$p/stat"); total=$((total + t))
  done
  echo $total
}
cpu() {  # name port pid
  before=$(ticks "$3")
  requests=$(wrk -t1 -c16 -d5s -s "$dir/post.lua" "http://127.0.0.1:$2/burst" | awk '/requests in/ { print $1 }')
  after=$(ticks "$3")
  awk -v n="$1" -v r="$requests" -v t=$((after - before)) -v hz="$(getconf CLK_TCK)" \
    'BEGIN { printf "%-7s cpu_us_per_request=%.1f requests_per_s=%.0f\n", n, t / hz * 1e6 / r, r / 5 }'
}

echo "load: $(cut -d' ' -f1-3 /proc/loadavg)  cpu: $(nproc) x$(sed -n 's/^model name.*: / /p' /proc/cpuinfo | head -1)"
for round in $(seq "$rounds"); do
  echo "round $round"
  for streams in 1 50 200; do
    # 1 ms between the events of one stream; many streams at that pace would only measure a full machine.
    requests=$((streams == 1 ? 20 : 4)) target=$([ "$streams" = 1 ] && echo /paced || echo /slow)
    for way in "direct $mock_port" "nginx $nginx_port" "edge $edge_port"; do
      set -- $way
      printf '%-7s streams=%-3s %s\n' "$1" "$streams" "$("$bin/edge_probe" "$2" "$target" "$streams" "$requests")"
    done
  done
  for way in "direct $mock_port" "nginx $nginx_port" "edge $edge_port"; do
    set -- $way
    printf '%-7s burst       %s\n' "$1" "$("$bin/edge_probe" "$2" /burst 1 300)"
  done
  cpu nginx $nginx_port $nginx_pid
  cpu edge $edge_port $edge_pid
done
