// SIGTERM: no new connections, streams under way end by themselves, then the process does.
#include <signal.h>

#include "tests/process/harness/serve_test.h"

namespace pith::process {
namespace {

class Shutdown : public ServeTest {};

const std::string kBody = R"({"model": "m", "stream": true, "messages": []})";

TEST_F(Shutdown, StreamsEndBeforeTheProcessDoes) {
  serve();
  RawSocket stream(port()), idle(port());
  idle.send(request_bytes("GET", "/x", {}, ""));
  EXPECT_EQ(idle.read_reply().status, 200);
  stream.send(request_bytes("POST", "/v1/chat/completions",
                            {{"content-type", "application/json"}, {"x-mock-event-gap-ms", "150"}},
                            kBody));
  ASSERT_TRUE(
      eventually([&] { return mock().get("/_mock/state").at("active").as_array().size() == 1; }));
  pith().child().signal(SIGTERM);
  sleep_for(Millis(100));
  EXPECT_TRUE(pith().child().running());
  const Reply reply = stream.read_reply();
  EXPECT_TRUE(reply.complete) << "the stream under way is cut";
  EXPECT_NE(reply.body.find("[DONE]"), std::string::npos);
  EXPECT_EQ(pith().child().wait(Millis(5000)), 0) << "an idle kept connection must not hold it up";
}

TEST_F(Shutdown, TheDrainHasALimit) {
  serve("[http]\ndrain_timeout_ms = 300\n");
  RawSocket stream(port());
  stream.send(request_bytes("POST", "/v1/chat/completions",
                            {{"content-type", "application/json"}, {"x-mock-hold", "mid"}}, kBody));
  ASSERT_TRUE(
      eventually([&] { return mock().get("/_mock/state").at("active").as_array().size() == 1; }));
  pith().child().signal(SIGTERM);
  EXPECT_TRUE(pith().child().wait(Millis(4000)).has_value());
  EXPECT_FALSE(stream.read_reply(Millis(500)).complete);
}

TEST_F(Shutdown, SigintEndsItToo) {
  serve();
  pith().child().signal(SIGINT);
  EXPECT_EQ(pith().child().wait(Millis(5000)), 0);
}

}  // namespace
}  // namespace pith::process
