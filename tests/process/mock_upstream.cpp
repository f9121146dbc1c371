// pith_mock_upstream: a recording mock of all providers' APIs on one loopback port. mock/README.md
// has its headers.
#include <sys/resource.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <cstdio>
#include <cstdlib>
#include <string_view>

#include "tests/process/mock/mock_server.h"

int main(int argc, char** argv) {
  std::uint16_t port = 0;
  bool record = true;
  for (int i = 1; i < argc; ++i) {
    const std::string_view argument = argv[i];
    if (argument == "--no-record") {
      record = false;
    } else if (argument == "--port" && i + 1 < argc) {
      port = static_cast<std::uint16_t>(std::atoi(argv[++i]));
    } else {
      std::fprintf(stderr, "usage: pith_mock_upstream [--port N] [--no-record]\n");
      return 2;
    }
  }
  rlimit files{};
  getrlimit(RLIMIT_NOFILE, &files);
  files.rlim_cur = files.rlim_max;
  setrlimit(RLIMIT_NOFILE, &files);
  boost::asio::io_context io(1);
  pith::mock::MockServer server(io, port, record);
  boost::asio::signal_set stop(io, SIGTERM, SIGINT);
  stop.async_wait([&](auto, auto) { io.stop(); });
  std::printf("mock: listening on http://127.0.0.1:%u\n", server.port());
  std::fflush(stdout);
  io.run();
  std::_Exit(0);  // Connections may still be in the middle of an answer; nothing is left to save.
}
