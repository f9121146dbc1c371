#include "bench/process/proxies.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <filesystem>
#include <sstream>
#include <thread>

#include "tests/process/harness/raw_http.h"

namespace pith::bench {
using process::Child;
using process::Launch;

namespace {

std::uint16_t port_at_end(const std::string& url) {
  return static_cast<std::uint16_t>(std::atoi(url.c_str() + url.rfind(':') + 1));
}

/// nginx cannot pick a free port itself.
std::uint16_t free_port() {
  const int fd = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  ::bind(fd, reinterpret_cast<sockaddr*>(&address), size);
  ::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size);
  ::close(fd);
  return ntohs(address.sin_port);
}

std::vector<pid_t> children_of(pid_t pid) {
  std::vector<pid_t> pids;
  const std::string id = std::to_string(pid);
  std::istringstream list(process::read_file("/proc/" + id + "/task/" + id + "/children"));
  for (pid_t child = 0; list >> child;) pids.push_back(child);
  return pids;
}

}  // namespace

long Way::cpu_us() const {
  long total = 0;
  for (const pid_t pid : pids) total += process::cpu_us(pid);
  return total;
}

long Way::resident_kib() const {
  long total = 0;
  for (const pid_t pid : pids) total += process::resident_kib(pid);
  return total;
}

Proxies::Proxies(const Programs& programs) {
  mock_ = std::make_unique<Child>(Launch{{programs.mock, "--no-record"}, {}, {}});
  if (const auto url = mock_->wait_line("mock: listening on ")) direct_.port = port_at_end(*url);
  if (direct_.port == 0) {
    error_ = "the mock upstream did not start";
    return;
  }
  pith_child_ = start_pith(programs.pith, "off", pith_);
  looking_child_ = start_pith(programs.pith, "on", looking_);
  if (!error_.empty()) return;
  if (!programs.nginx.empty()) start_nginx(programs.nginx);
}

std::unique_ptr<Child> Proxies::start_pith(const std::string& program, const char* mode, Way& way) {
  auto child = std::make_unique<Child>(
      Launch{{program, "serve", "--listen", "127.0.0.1:0", "--upstream",
              "http://127.0.0.1:" + std::to_string(direct_.port), "--state",
              dir_.path("state-") + mode, "--mode", mode, "--log-level", "warning"},
             {},
             {}});
  if (const auto url = child->wait_line("pith: listening on ")) way.port = port_at_end(*url);
  if (way.port == 0) error_ = "pith serve did not start: " + child->errors();
  way.pids = children_of(child->pid());  // None; a wrapper script given by --pith has one.
  way.pids.push_back(child->pid());
  return child;
}

void Proxies::start_nginx(const std::string& program) {
  nginx_.port = free_port();
  std::filesystem::create_directories(dir_.path("nginx/temp"));
  std::ostringstream conf;
  // As many workers as pith has HTTP threads, streaming on, kept connections to the upstream, no
  // access log.
  conf << "worker_processes 2;\ndaemon off;\npid " << dir_.path("nginx/pid") << ";\nerror_log "
       << dir_.path("nginx/error.log") << " warn;\n"
       << (getuid() == 0 ? "user root;\n" : "")
       << "worker_rlimit_nofile 8192;\nevents { worker_connections 4096; }\n"
       << "http {\n  access_log off;\n  tcp_nodelay on;\n  keepalive_requests 1000000;\n"
       << "  client_body_temp_path " << dir_.path("nginx/temp/a") << ";\n  proxy_temp_path "
       << dir_.path("nginx/temp/b") << ";\n  fastcgi_temp_path " << dir_.path("nginx/temp/c")
       << ";\n  uwsgi_temp_path " << dir_.path("nginx/temp/d") << ";\n  scgi_temp_path "
       << dir_.path("nginx/temp/e") << ";\n  client_max_body_size 64m;\n"
       << "  upstream mock { server 127.0.0.1:" << direct_.port
       << "; keepalive 256; keepalive_requests 1000000; }\n"
       << "  server {\n    listen 127.0.0.1:" << nginx_.port
       << " backlog=4096 reuseport;\n    location / {\n"
       << "      proxy_pass http://mock;\n      proxy_http_version 1.1;\n      proxy_set_header "
          "Connection \"\";\n"
       << "      proxy_buffering off;\n    }\n  }\n}\n";
  process::write_file(dir_.path("nginx/conf"), conf.str());
  nginx_child_ = std::make_unique<Child>(
      Launch{{program, "-p", dir_.path("nginx"), "-c", dir_.path("nginx/conf")}, {}, {}});
  const bool up = process::eventually(
      [&] {
        return process::request(nginx_.port, "GET", "/v1/models", {}, "", process::Millis(1000))
                   .status == 200;
      },
      process::Millis(10'000));
  if (!up) {
    error_ = "nginx did not start: " + nginx_child_->errors();
    return;
  }
  nginx_.pids = children_of(nginx_child_->pid());
  nginx_.pids.push_back(nginx_child_->pid());
  nginx_version_ = process::run_program({{program, "-v"}, {}, {}}).err;
  nginx_version_ = nginx_version_.substr(nginx_version_.rfind(' ') + 1);
  while (nginx_version_.ends_with('\n')) nginx_version_.pop_back();
}

std::string machine() {
  std::istringstream lines(process::read_file("/proc/cpuinfo"));
  std::string model = "unknown CPU";
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with("model name")) model = line.substr(line.find(':') + 2);
  }
  return model + ", " + std::to_string(std::thread::hardware_concurrency()) + " cores";
}

}  // namespace pith::bench
