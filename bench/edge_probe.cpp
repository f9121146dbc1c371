// Measures how old each event of edge_mock is when it arrives: one line of p50, p99 and time to the
// first event.
//   edge_probe PORT TARGET STREAMS REQUESTS
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace {

long long now_ns() { return std::chrono::steady_clock::now().time_since_epoch().count(); }

struct Samples {
  std::vector<double> age_us, first_us, whole_us;
};

/// One request and its answer; false when the connection broke.
bool one_request(int fd, const std::string& request, Samples& samples) {
  const long long began = now_ns();
  if (::send(fd, request.data(), request.size(), MSG_NOSIGNAL) !=
      static_cast<ssize_t>(request.size()))
    return false;
  std::string in;
  char buffer[65536];
  std::size_t seen = 0;
  bool first = true;
  while (true) {
    const ssize_t got = ::recv(fd, buffer, sizeof(buffer), 0);
    if (got <= 0) return false;
    const long long arrived = now_ns();
    in.append(buffer, static_cast<std::size_t>(got));
    for (std::size_t at;
         (at = in.find("\"t\":", seen)) != std::string::npos && in.size() >= at + 23;
         seen = at + 23) {
      samples.age_us.push_back(static_cast<double>(arrived - std::atoll(in.c_str() + at + 4)) /
                               1000);
      if (first) samples.first_us.push_back(static_cast<double>(arrived - began) / 1000);
      first = false;
    }
    if (in.ends_with("\r\n0\r\n\r\n")) {
      samples.whole_us.push_back(static_cast<double>(arrived - began) / 1000);
      return true;
    }
  }
}

double percentile(std::vector<double>& values, double part) {
  if (values.empty()) return 0;
  const auto at = static_cast<std::size_t>(part * static_cast<double>(values.size() - 1));
  std::nth_element(values.begin(), values.begin() + static_cast<std::ptrdiff_t>(at), values.end());
  return values[at];
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 5) return 2;
  const int num_streams = std::atoi(argv[3]);
  const int num_requests = std::atoi(argv[4]);
  const std::string body = "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"" +
                           std::string(4040, 'x') + "\"}]}";
  const std::string request =
      std::string("POST ") + argv[2] +
      " HTTP/1.1\r\nHost: bench\r\nContent-Type: application/json\r\nContent-Length: " +
      std::to_string(body.size()) + "\r\n\r\n" + body;
  std::mutex mutex;
  Samples all;
  int num_failed = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < num_streams; ++i) {
    threads.emplace_back([&] {
      const int fd = ::socket(AF_INET, SOCK_STREAM, 0);
      const int one = 1;
      ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
      sockaddr_in address{};
      address.sin_family = AF_INET;
      address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
      address.sin_port = htons(static_cast<std::uint16_t>(std::atoi(argv[1])));
      Samples own;
      bool fine = ::connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof(address)) == 0;
      for (int n = 0; n < num_requests && fine; ++n) fine = one_request(fd, request, own);
      ::close(fd);
      const std::lock_guard lock(mutex);
      if (!fine) ++num_failed;
      all.age_us.insert(all.age_us.end(), own.age_us.begin(), own.age_us.end());
      all.first_us.insert(all.first_us.end(), own.first_us.begin(), own.first_us.end());
      all.whole_us.insert(all.whole_us.end(), own.whole_us.begin(), own.whole_us.end());
    });
  }
  for (std::thread& thread : threads) thread.join();
  std::printf(
      "event_age_us p50=%.1f p99=%.1f first_event_us p50=%.1f whole_us p50=%.1f events=%zu "
      "failed=%d\n",
      percentile(all.age_us, 0.5), percentile(all.age_us, 0.99), percentile(all.first_us, 0.5),
      percentile(all.whole_us, 0.5), all.age_us.size(), num_failed);
  return num_failed == 0 ? 0 : 1;
}
