@0xa94f0c3be27d615a;

# Letters: what a wallet and whoever calls its mailbox say to each other (docs/MAILBOX.md). None of it is on the wire
# of version 0.1.11. A letter is one message of an inner line. Fields may be added at the end of a struct, and
# variants at the end of a union: whoever does not know one refuses the letter with the code "unknown".

using Common = import "common.capnp";
using Texts = import "text.capnp";

struct LetterHead {
  # The beginning of every letter, of any version: a reader takes a Letter for it first
  version @0 :UInt16;
  number @1 :UInt32;  # 1, 2, 3 ... for what one side says on one line
  answerTo @2 :UInt32;  # The number of the other side's letter; 0: answers none
}

struct Letter {
  version @0 :UInt16;  # 1
  number @1 :UInt32;
  answerTo @2 :UInt32;
  body @3 :LetterBody;
}

struct LetterBody {
  union {
    introduce @0 :Introduce;  # Caller, before anything else, or not at all
    askInvoice @1 :AskInvoice;  # Caller; answered by invoice
    invoice @2 :Invoice;  # Owner
    commit @3 :Common.Commit;  # Caller; answered by settled
    settled @4 :Settled;  # Owner; again when it changes, while the line is up
    giveUp @5 :GiveUp;  # Caller; answered by settled
    refusal @6 :Refusal;  # Both
  }
}

struct Introduce {
  address @0 :Texts.MailboxAddress;  # Where the caller itself is called
  signature @1 :Common.Signature;  # By the key of that mailbox
}

struct AskInvoice {
  askId @0 :Common.Uid;  # Known to the caller and the owner alone
  purpose @1 :Purpose;
  payerName @2 :Text;  # As the payer calls itself; at most 64 bytes
  optReplyTo :union {
    empty @3 :Void;
    address @4 :Texts.MailboxAddress;  # Where the payer may be called about it
  }
}

struct Purpose {
  union {
    open @0 :OpenPurpose;
    request @1 :RequestPurpose;
  }
}

struct OpenPurpose {
  currency @0 :Common.Currency;
  amount @1 :Common.CustomUInt128;  # Whole credits
  note @2 :Text;  # At most 256 bytes
}

struct RequestPurpose {
  requestId @0 :Common.Uid;  # Of a text r
  optAmount :union {
    empty @1 :Void;  # The amount of the request
    amount @2 :Common.CustomUInt128;  # Where the payer chooses
  }
  note @3 :Text;
}

struct Invoice {
  askId @0 :Common.Uid;  # The question that it answers
  requestId @1 :Common.Uid;  # The request; zeros if none
  invoiceId @2 :Common.InvoiceId;
  currency @3 :Common.Currency;
  destPublicKey @4 :Common.PublicKey;  # The node that is paid
  destPayment @5 :Common.CustomUInt128;  # Whole credits
  note @6 :Text;  # At most 256 bytes
  optDecimals :union {
    empty @7 :Void;  # Not said
    decimals @8 :UInt8;  # How many digits of the amount stand behind the point; at most 38
  }
  issued @9 :UInt64;  # Unix time in milliseconds
  payWithin @10 :UInt32;  # Milliseconds from then on
  signature @11 :Common.Signature;  # By the key of the mailbox
}

struct Settled {
  askId @0 :Common.Uid;  # Zeros where nobody asked: an invoice of a text or a file
  invoiceId @1 :Common.InvoiceId;  # Zeros where none was made
  state @2 :UInt8;  # 1 collecting, 2 collected, 3 withdrawn
  at @3 :UInt64;  # Unix time in milliseconds
  signature @4 :Common.Signature;  # By the key of the mailbox
}

struct GiveUp {
  askId @0 :Common.Uid;
}

struct Refusal {
  code @0 :UInt16;
  text @1 :Text;  # For people; at most 256 bytes
  optMost :union {
    empty @2 :Void;
    most @3 :Common.CustomUInt128;  # With "too much": what would do
  }
  speaksFrom @4 :UInt16;  # With "version": the oldest and the newest that the sender reads; else 0
  speaksTo @5 :UInt16;
}
