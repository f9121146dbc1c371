// A compressor in a process of its own, to be killed and stopped by tests.
// compressor_child ENDPOINT TAKES_US: prints a line when it serves; SIGTERM drains and ends it.
#include <signal.h>
#include <sys/prctl.h>

#include <cstdio>
#include <cstdlib>
#include <zmq.hpp>

#include "apps/compressd/compressor_server.h"
#include "tests/graph/fake_policy.h"

int main(int argc, char** argv) {
  if (argc != 3) return 2;
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);  // never outlives its test
  sigset_t stop;
  ::sigemptyset(&stop);
  ::sigaddset(&stop, SIGTERM);
  ::pthread_sigmask(SIG_BLOCK, &stop, nullptr);

  zmq::context_t context;
  const auto policy = std::make_shared<pith::FakePolicy>("child");
  policy->takes_ = std::chrono::microseconds(std::atoi(argv[2]));
  pith::CompressorServerOptions options;
  options.endpoints = {argv[1]};
  options.models_dir = PITH_MODELS;
  options.limits.workers = 1;
  options.heartbeat = std::chrono::milliseconds(50);
  auto server = pith::CompressorServer::start(context, pith::set_of({policy}), options);
  if (!server) {
    std::fprintf(stderr, "%s\n", server.error().detail.c_str());
    return 1;
  }
  std::puts("serving");
  std::fflush(stdout);
  int signal = 0;
  ::sigwait(&stop, &signal);
  (*server)->stop();
  return 0;
}
