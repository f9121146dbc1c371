#include "apps/proxy/pith_handler.h"

#include "tests/apps/proxy/editor_fixture.h"

namespace pith {
namespace {

class PithHandlerTest : public EditorTest {
 protected:
  void SetUp() override {
    for (const char* upstream : {"http://127.0.0.1:1", "openai=https://api.openai.com/v1",
                                 "router=https://router.example/api/v1", "local=http://h:2"}) {
      config_.upstreams.push_back(*parse_upstream(upstream));
    }
    EditorTest::SetUp();
    LocalApi::Parts parts{PITH_MODELS, key_,
                          log_.get(),  broker_.get(),
                          &metrics_,   [this] { return editor_->config(); },
                          {}};
    local_ = std::make_unique<LocalApi>(std::move(parts));
  }
  void TearDown() override {
    local_.reset();
    EditorTest::TearDown();
  }
  PithHandler handler(PithHandler::Listener listener = PithHandler::Listener::kMain) {
    return {listener, *editor_, *local_, *broker_, metrics_};
  }
  Route route(const std::string& target, const std::string& method = "POST",
              HeaderList headers = {},
              PithHandler::Listener listener = PithHandler::Listener::kMain) {
    headers.emplace_back("content-type", "application/json");
    return handler(listener).route({method, target, 11, std::move(headers), "127.0.0.1"});
  }
  LocalResponse local(const std::string& target, const std::string& method = "GET",
                      HeaderList headers = {}, const std::string& body = {}) {
    headers.emplace_back("host", "127.0.0.1:8080");
    const auto asked = request(body, std::move(headers));
    asked->head.method = method;
    asked->head.target = target;
    PithHandler at = handler();
    asked->route = at.route(asked->head);
    EXPECT_EQ(asked->route.action, Route::Action::kLocal) << target;
    std::promise<LocalResponse> promise;
    at.local(asked, [&](LocalResponse response) { promise.set_value(std::move(response)); });
    return promise.get_future().get();
  }
  static std::string status(const Route& route) {
    return std::string(find_header(route.response_headers, "x-pith-status"));
  }
  using Action = Route::Action;

  Metrics metrics_;
  std::unique_ptr<LocalApi> local_;
};

TEST_F(PithHandlerTest, PicksTheUpstreamByPrefixAndTakesItOff) {
  const std::tuple<const char*, std::size_t, const char*> cases[] = {
      {"/v1/models", 0, "/v1/models"},
      {"/openai/v1/models?x=1", 1, "/v1/models?x=1"},
      {"/local/api/tags", 3, "/api/tags"},
      {"/local", 3, "/"},
      {"/local?x", 3, "/?x"},
      {"/locality/api/tags", 0, "/locality/api/tags"},
      {"//local/x", 0, "//local/x"},
      {"/local/a%2Fb//c", 3, "/a%2Fb//c"},
  };
  for (const auto& [target, upstream, sent] : cases) {
    const Route route = this->route(target, "GET");
    EXPECT_EQ(route.upstream, upstream) << target;
    EXPECT_EQ(route.upstream_target, sent) << target;
    EXPECT_EQ(route.action, Action::kRelay) << target;
  }
}

TEST_F(PithHandlerTest, AddsV1WhereTheUpstreamsUrlHadIt) {
  const std::pair<const char*, const char*> cases[] = {
      {"/openai/chat/completions", "/v1/chat/completions"},
      {"/openai/v1/chat/completions", "/v1/chat/completions"},
      {"/openai/vector_stores", "/v1/vector_stores"},
      {"/openai/videos/v_1", "/v1/videos/v_1"},
      {"/openai/v1beta/models", "/v1beta/models"},
      {"/router/chat/completions", "/v1/chat/completions"},
      {"/local/chat/completions", "/chat/completions"},
  };
  for (const auto& [target, sent] : cases) EXPECT_EQ(route(target).upstream_target, sent) << target;
}

TEST_F(PithHandlerTest, EditsKnownApisAndRelaysTheRest) {
  EXPECT_EQ(route("/v1/chat/completions").action, Action::kEdit);
  EXPECT_EQ(route("/openai/v1/messages?beta=true").action, Action::kEdit);
  EXPECT_EQ(route("/v1/chat/completions", "GET").action, Action::kRelay);
  EXPECT_EQ(route("/v1/embeddings").action, Action::kRelay);
  EXPECT_EQ(route("/v1/messages/count_tokens").action, Action::kEdit);
  Config config = config_;
  config.count_tokens_original = true;
  use(config);
  EXPECT_EQ(status(route("/v1/messages/count_tokens")), "off");
  EXPECT_EQ(route("/v1/messages").action, Action::kEdit);
}

TEST_F(PithHandlerTest, LeavesEncodedAndSignedBodiesAlone) {
  EXPECT_EQ(status(route("/v1/messages", "POST", {{"Content-Encoding", "gzip"}})),
            "bypass:content_encoding");
  EXPECT_EQ(route("/v1/messages", "POST", {{"content-encoding", "identity"}}).action,
            Action::kEdit);
  for (const char* name : {"content-md5", "Digest", "content-digest", "x-amz-content-sha256"}) {
    const Route route = this->route("/v1/messages", "POST", {{name, "abc"}});
    EXPECT_EQ(route.action, Action::kRelay) << name;
    EXPECT_EQ(status(route), "bypass:signed_body") << name;
  }
}

TEST_F(PithHandlerTest, ModeOffIsARelay) {
  Config config = config_;
  config.mode = Mode::kOff;
  use(config);
  const Route off = route("/v1/chat/completions", "POST", {{"x-pith-mode", "on"}});
  EXPECT_EQ(off.action, Action::kRelay);
  EXPECT_EQ(status(off), "off");
}

TEST_F(PithHandlerTest, OwnPathsStayOnTheirListener) {
  for (const char* path :
       {"/pith", "/pith/", "/pith/v1/stats?x", "/metrics", "/healthz", "/readyz"}) {
    EXPECT_EQ(route(path, "GET").action, Action::kLocal) << path;
    EXPECT_EQ(route(path, "GET", {}, PithHandler::Listener::kMainWithoutLocal).action,
              Action::kRelay)
        << path;
    EXPECT_EQ(route(path, "GET", {}, PithHandler::Listener::kAdmin).action, Action::kLocal) << path;
  }
  EXPECT_EQ(route("/v1/compress").action, Action::kLocal);
  EXPECT_EQ(route("/v1/compress", "GET").action, Action::kRelay);
  EXPECT_EQ(route("/pithy", "GET").action, Action::kRelay);
  EXPECT_EQ(route("/v1/models", "GET", {}, PithHandler::Listener::kAdmin).action, Action::kLocal);
}

TEST_F(PithHandlerTest, NoUpstreamForAPathIs404) {
  Config config = config_;
  config.upstreams.erase(config.upstreams.begin());  // the nameless one
  use(config);
  const LocalResponse response = local("/v1/models");
  EXPECT_EQ(response.status, 404U);
  EXPECT_NE(response.body.find("/openai/"), std::string::npos) << response.body;
}

TEST_F(PithHandlerTest, AnswersItsOwnPaths) {
  EXPECT_EQ(local("/healthz").status, 200U);
  EXPECT_EQ(local("/readyz").status, 200U);
  EXPECT_EQ(local("/pith").status, 301U);
  EXPECT_EQ(local("/pith/").status, 200U);
  EXPECT_EQ(local("/metrics").status, 200U);
  EXPECT_EQ(local("/pith/v1/stats").status, 200U);
  EXPECT_EQ(local("/pith/v1/stats", "POST").status, 405U);
  EXPECT_EQ(local("/pith/nothing").status, 404U);
  EXPECT_EQ(local("/pith/v1/stats", "GET", {{"origin", "http://evil.example"}}).status, 403U);
}

TEST_F(PithHandlerTest, HealthDoesNotWaitBehindCompression) {
  policy_->close_gate();
  const std::string body = R"({"context":")" + prose("w", 50) + "\"}";
  const auto asked = request(body, {{"host", "127.0.0.1"}});
  asked->head.target = "/pith/v1/compress";
  PithHandler at = handler();
  auto answered = std::make_shared<std::promise<LocalResponse>>();
  at.local(asked, [answered](LocalResponse response) { answered->set_value(std::move(response)); });
  EXPECT_EQ(local("/healthz").status, 200U);
  policy_->open_gate();
  EXPECT_EQ(answered->get_future().get().status, 200U);
}

TEST_F(PithHandlerTest, FeedbackNeedsTheTokenOfItsDecisionWhenItBringsOne) {
  const Edited edited = edit(chat({prose("one", 700)}), {{"authorization", "Bearer a"}});
  last_record(1);
  for (int i = 0; i < 400 && !log_->find_decision(edited.header("x-pith-decision")); ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  const Edited other = edit(chat({prose("one", 700)}), {{"authorization", "Bearer b"}});
  const auto feedback = [&](std::string_view token) {
    return local("/pith/v1/feedback", "POST", {},
                 R"({"decision_id":")" + std::string(edited.header("x-pith-decision")) +
                     R"(","metric":"task","value":1,"token":")" + std::string(token) + "\"}");
  };
  EXPECT_EQ(feedback(other.header("x-pith-feedback-token")).status, 403U);
  EXPECT_EQ(feedback("9999999999.00").status, 403U);
  EXPECT_EQ(feedback(edited.header("x-pith-feedback-token")).status, 200U);
  // Where an admin token is asked for, the decision's own does for that decision, and nothing else.
  Config config = config_;
  config.admin_token = "secret";
  use(config);
  EXPECT_EQ(feedback(edited.header("x-pith-feedback-token")).status, 200U);
  EXPECT_EQ(feedback(other.header("x-pith-feedback-token")).status, 401U);
  EXPECT_EQ(
      local("/pith/v1/feedback", "POST", {}, R"({"conversation":"c","metric":"task","value":1})")
          .status,
      401U);
  EXPECT_EQ(local("/pith/v1/feedback", "POST", {{"x-pith-admin-token", "secret"}},
                  R"({"conversation":"c","metric":"task","value":1})")
                .status,
            200U);
}

TEST_F(PithHandlerTest, SidecarContractKeepsWhatItDoesNotTouch) {
  const std::string body = R"({"messages": [ {"role":"user","content":"hi"},)"
                           R"({"role":"tool","tool_call_id":"c","content":")" +
                           prose("one", 700) + R"("} ],"model":"gpt-4o"})";
  const LocalResponse response = local("/v1/compress", "POST", {}, body);
  EXPECT_EQ(response.status, 200U);
  EXPECT_EQ(response.body.find(R"({"messages":[ {"role":"user","content":"hi"},)"), 0U)
      << response.body.substr(0, 80);
  EXPECT_LT(response.body.size(), body.size());
  EXPECT_EQ(local("/v1/compress", "POST", {}, "{").status, 400U);
  EXPECT_EQ(local("/v1/compress", "POST", {}, R"({"messages":"x"})").status, 400U);
}

TEST_F(PithHandlerTest, SidecarContractSaysWhatItDoesNotHeed) {
  const std::string start = R"({"messages":[{"role":"user","content":"hi"}],"model":"gpt-4o")";
  const LocalResponse gateway = local(
      "/v1/compress", "POST", {},
      start + R"(,"token_budget":20250101000000000001,"config":{"rate":"half","session_id":"s"}})");
  EXPECT_EQ(gateway.status, 200U);
  EXPECT_NE(gateway.body.find(R"("notes":["ignored: token_budget",)"
                              R"("ignored: config.rate, which must be above 0 and at most 1",)"
                              R"("ignored: config.session_id"]})"),
            std::string::npos)
      << gateway.body;
  const LocalResponse odd =
      local("/v1/compress", "POST", {}, start + R"(,"config":["rate"],"seed":1})");
  EXPECT_NE(
      odd.body.find(R"("notes":["ignored: config, which must be an object","ignored: seed"])"),
      std::string::npos)
      << odd.body;
  const LocalResponse plain =
      local("/v1/compress", "POST", {}, start + R"(,"config":{"rate":0.5}})");
  EXPECT_EQ(plain.status, 200U);
  EXPECT_EQ(plain.body.find("notes"), std::string::npos) << plain.body;
  const LocalResponse misplaced = local("/v1/compress", "POST", {}, start + R"(,"rate":0.5})");
  EXPECT_EQ(misplaced.status, 400U);
  EXPECT_NE(misplaced.body.find("rate belongs in config"), std::string::npos) << misplaced.body;
}

TEST_F(PithHandlerTest, ErrorsHaveTheShapeOfTheApi) {
  const RequestHead anthropic{"POST", "/v1/messages", 11, {}, ""};
  const LocalResponse response = handler().error(503, "busy", &anthropic);
  EXPECT_NE(response.body.find(R"("type":"error")"), std::string::npos) << response.body;
  EXPECT_EQ(find_header(response.headers, "retry-after"), "1");
  EXPECT_EQ(handler().error(400, "bad", nullptr).status, 400U);
}

}  // namespace
}  // namespace pith
