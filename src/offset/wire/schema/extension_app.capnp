@0xc47a90d6e13f5b28;

# The messages of a node to an app, with our fields (extension.capnp). They are apart because they alone need app.capnp:
# an app that reads nothing but the report starts without it.

using App = import "app.capnp";
using Extension = import "extension.capnp";

struct AppServerToApp {
  union {
    transactionResult @0 :App.TransactionResult;
    responseClosePayment @1 :App.ResponseClosePayment;
    reportMutations @2 :Extension.ReportMutations;
    responseRoutes @3 :App.ClientResponseRoutes;
  }
}
