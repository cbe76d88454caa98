"""Every limit of Offset, by name. Values marked (ref) are those of the reference, spec 01, 0.

The asserts at the end hold between limits; they run at import and cost nothing.
"""

from __future__ import annotations

from offset.base.instants import HOUR, MINUTE, SECOND, Millis

PROTOCOL_VERSION = 0  # (ref)

# Numbers
U32_MAX = 2**32 - 1
U64_MAX = 2**64 - 1
U128_MAX = 2**128 - 1
I128_MAX = 2**127 - 1
I128_MIN = -(2**127)
CREDIT_MAX = I128_MAX  # the highest limit we grant: spec 03, 1.7

# Names
CURRENCY_BYTES_MAX = 16  # (ref)
ADDRESS_BYTES_MAX = 256  # (ref)
NAME_BYTES_MAX = 256  # of friends, relays and index servers

# Texts that people hand each other (docs/protocol/07-texts.md)
TEXT_CHARACTERS_MAX = 4096  # of one text, without what is skipped in it
TEXT_AROUND_CHARACTERS_MAX = 2**16  # of what somebody pastes, to find a text in it
TEXT_RELAYS_MAX = 4  # of an address
TEXT_LABEL_BYTES_MAX = 32  # of an address
TEXT_NOTE_BYTES_MAX = 256
TEXT_DECIMALS_MAX = 38  # digits behind the point; an amount has at most 39

# Letters of mailboxes (docs/MAILBOX.md)
LETTER_BYTES_MAX = 2**16
PAYER_NAME_BYTES_MAX = 64
REFUSAL_TEXT_BYTES_MAX = 256
LETTERS_PER_LINE_MAX = 64  # in each direction
LETTERS_UNANSWERED_MAX = 8  # of one side of a line
MAILBOX_KEYS_MAX = 16  # of one card
CALLS_MAX = 16  # of ours to other mailboxes, at once
GUESTS_MAX = 64  # lines of callers
GUESTS_STRANGE_MAX = 48  # of them; the others are for contacts
GUEST_SILENT_MS: Millis = 5 * SECOND  # then a stranger's line may be taken by a newcomer
GUEST_STAYS_MS: Millis = 20 * SECOND  # and then also one that says something all the time
LETTERS_IDLE_MS: Millis = MINUTE  # a line on which no letter came or went is closed
LETTERS_LIFE_MS: Millis = 10 * MINUTE  # so is any line of letters
CALLERS_WAITING_MAX = 64  # to be accepted
CALLER_WAITS_MS: Millis = 6 * SECOND  # a caller of ours gives up after HANDSHAKE_MS, and must be told before
ASKS_PER_SECOND = 4  # of all strangers together, for what they choose themselves
ASKS_BURST = 16
ASK_WAITS_MS: Millis = 6 * SECOND  # to be drawn by lot when there are more
REQUEST_ASKS_PER_MINUTE = 16  # of strangers for one request, and at once
ASKS_OPEN_MAX = 4096  # of all guests
STRANGERS_ASKS_MAX = 256  # open ones of all strangers, for what they choose themselves
REQUEST_ASKS_MAX = 16  # open ones of strangers for one request
CONTACT_ASKS_MAX = 16  # open ones of one contact
ASK_SAFE_MS: Millis = MINUTE  # in which no other takes its place
TEXT_ORDERS_MAX = 256  # invoices of texts for which a commit was brought and the node has not answered
CANCELED_KEPT_MAX = 1024  # questions of guests that ended without a commit; the oldest go first
CANCELED_KEPT_MS: Millis = 24 * HOUR  # at most so long
REQUESTS_OPEN_MAX = 10_000  # of our own
OWN_ASKS_MAX = 1000  # of ours to others
PAY_WITHIN_MS: Millis = 15 * MINUTE  # from an invoice that was asked for
PAY_GRACE_MS: Millis = 5 * MINUTE  # and then it is withdrawn
HEARD_MS: Millis = 10 * MINUTE  # but not before a payer could have called for so long
ASK_MS: Millis = 2 * MINUTE  # for an answer, unless the person says that it may take longer
ASK_PAUSE_MS_MIN: Millis = SECOND  # between calls for an answer
ASK_PAUSE_MS_MAX: Millis = MINUTE
DELIVERY_PAUSE_MS_MIN: Millis = 2 * SECOND  # between calls to hand over a commit, or to give up
DELIVERY_PAUSE_MS_MAX: Millis = 5 * MINUTE

# Frames and messages
FRAME_BYTES_MAX = 2**20  # (ref, declared): node, relay and index lines
APP_FRAME_BYTES_MAX = 2**24  # reports grow with the number of friends (spec 01, 1.3)
HANDSHAKE_FRAME_BYTES_MAX = 1024  # before a peer has proved its key (spec 02, W17)
INNER_MESSAGE_BYTES_MAX = FRAME_BYTES_MAX - 2**17  # room for the padding of two layers (spec 02, W17)
DECODED_WORDS_MAX = 2**22  # (ref: 2**23) what one message may unpack and be traversed to (32 MiB)
DECODED_NESTING_MAX = 64  # (ref)
UNPACKED_BURST_MESSAGES = 8  # the longest, of zeros, which are short on the wire: from one peer at once
UNPACKED_BYTES_PER_SECOND = 256 * 1024  # after that
REKEY_COST_BYTES = 256 * 1024  # what answering a rekey counts there: it takes as long as to unpack so much
PADDING_BYTES_MAX = 255  # the reference pads up to 65535, a defect: spec 01, 4.6
PEER_PADDING_BYTES_MAX = 65535  # (ref) padding that a reader must accept: spec 01, 4.6

# Lines
HANDSHAKE_MS: Millis = 8 * SECOND  # (ref)
CONNECT_MS: Millis = 8 * SECOND  # opening a TCP connection: spec 02, W25
KEEPALIVE_CLOSE_MS: Millis = 32 * SECOND  # (ref) silence after which a line is dead
KEEPALIVE_SEND_MS: Millis = 15 * SECOND  # (ref: 16 s; 10 to 15 s is allowed, spec 02, 10)
REKEY_MS: Millis = 3600 * SECOND  # (ref)
WRITE_STALL_MS: Millis = 32 * SECOND  # no progress of a blocked write: spec 02, W7
WRITE_BUFFER_BYTES_HIGH = 256 * 1024  # beyond it reading upstream pauses; of a tunnel too (spec 02, W16)
WRITE_BUFFER_BYTES_LOW = 64 * 1024
WRITE_BUFFER_BYTES_MAX = 8 * 2**20  # beyond this a peer that does not read is dropped

FIRST_BYTES_MS: Millis = 3 * SECOND  # by then a caller has sent its version: spec 02, W8
COUNTERS_MS: Millis = MINUTE  # how often a server tells its counters: spec 02, W32
LISTEN_BACKLOG = 1024  # callers that wait in the kernel
ACCEPTS_PER_TURN = 4  # so that callers can be turned away before the descriptors are gone: spec 02, W5
NAME_LOOKUPS_MAX = 256  # of host names, each in a thread, which costs little while it waits
CONNECT_STAGGER_MS: Millis = 250  # from one address of a host to the next: spec 02, W25
LINGER_MS: Millis = 1 * SECOND  # for the peer to close after us, so that the last bytes reach it
CLOSE_MS: Millis = 8 * SECOND  # for the peer to take what was written before a Close
DRAIN_MS: Millis = 10 * SECOND  # for an engine to come to rest when the program is to end: spec 02, W32
STOP_MS: Millis = 2 * SECOND  # for the last bytes when the program ends
NETWORK_LOOK_MS: Millis = 5 * SECOND  # how soon a wake-up or another network is noticed: spec 02, W34
SLEEP_MS_MIN: Millis = 2 * SECOND  # of the machine; a shorter one harms no line, and clocks are read in turn
DESCRIPTORS_USED_PERCENT_MAX = 90  # callers beyond it are turned away: spec 02, W5
DESCRIPTORS_RESERVED = 32  # for the loop, listeners, the database, files, names to resolve

# Relay
RELAY_FIRST_MESSAGE_MS: Millis = 4 * SECOND  # (ref)
RELAY_HALF_TUNNEL_MS: Millis = 32 * SECOND  # (ref)
RELAY_HANDSHAKES_MAX = 512  # (ref)
RELAY_HANDSHAKES_PER_ADDRESS_MAX = 16  # spec 02, W8; loopback is exempt by default
RELAY_CONNECTIONS_MAX = 8192  # spec 02, W16
RELAY_CONNECTIONS_PER_ADDRESS_MAX = 320  # spec 02, W16: 64, fewer than the tunnels that it grants one key
RELAY_LISTEN_LEGS_PER_KEY_MAX = 2  # spec 02, W14
RELAY_HALF_TUNNELS_PER_KEY_MAX = 64
RELAY_TUNNELS_PER_KEY_MAX = 256
RELAY_CONNECT_MS_PER_PAIR: Millis = 1000  # one initiator to one listener, after a burst: spec 02, W16
RELAY_CONNECT_BURST_PER_PAIR = 8
RELAY_CONNECT_MS_PER_ADDRESS: Millis = 100
RELAY_CONNECT_BURST_PER_ADDRESS = 50
# In each direction, and after a burst. Spec 02, W16, has a quarter of it, but two friends of the reference, which pads
# a message with 32 KiB (W18), say about 1 MiB a second when they pay each other all the time.
RELAY_TUNNEL_BYTES_PER_SECOND = 2 * 2**20
RELAY_TUNNEL_BURST_BYTES = 16 * 2**20
RELAY_EARLY_BYTES_MAX = 64 * 1024  # kept for a half tunnel before reading pauses: spec 02, W13
RELAY_EARLY_BYTES_TOTAL_MAX = 64 * 2**20  # kept for all half tunnels together
RELAY_ANNOUNCE_MS: Millis = 8 * SECOND  # an IncomingConnection is not repeated while it may be answered
RELAY_ABSENT_MS_MIN: Millis = 50  # a connect to an absent key is closed after a while: spec 02, W19
RELAY_ABSENT_MS_MAX: Millis = 500

# Node
NODE_RELAYS_MAX = 16  # (ref)
FRIEND_RELAYS_MAX = 16  # of a list that a friend announces: spec 02, W29
FRIENDS_MAX = 10_000
CURRENCIES_PER_FRIEND_MAX = 256
FRIEND_CURRENCIES_MAX = 75_000  # with all friends together, so that a report in one message fits
RESETS_AHEAD_MAX = 2**32  # by which the counter of a friend's terms may exceed ours: it must never run out
ROUTE_KEYS_MIN = 2  # (ref)
ROUTE_KEYS_MAX = 32  # (ref) source and destination included
OPERATIONS_PER_BATCH_MAX = 128  # (ref: 16; a receiver takes any number) beside cancels
OPERATIONS_PER_MESSAGE_MAX = 4096  # of a friend; more is a protocol error. Of ours, with cancels
USER_REQUESTS_PER_FRIEND_MAX = 1024  # (ref: 32) queued for one friend
FORWARDED_REQUESTS_PER_FRIEND_MAX = 4096  # queued for one friend
PENDING_PER_FRIEND_MAX = 65_536  # requests of a friend under way, over all currencies
FORWARDED_BYTES_MAX = 256 * 2**20  # of memory, for all requests of others that are under way
FORWARDED_REQUEST_BYTES = 1000  # what one of them takes, without its route
FORWARDED_KEY_BYTES = 82  # what each key of its route takes
FORWARDED_SHARE_DIVISOR = 8  # a friend takes at most 1/8 of what all others leave free: queue, slots, memory
INVOICES_MAX = 100_000
INVOICE_FREE_PARTS_MAX = 64  # that wait for one invoice over 0 credits; all others cost credits
INVOICE_PARTS_MS: Millis = 10 * MINUTE  # parts wait so long for the rest of their payment: spec 03, D23
AWAITED_MS: Millis = 64 * SECOND  # a friend that is to speak first says nothing: then it has nothing to say
HANDOVER_REQUESTS_MAX = (
    4096  # under way with one friend, so that they are handed over; more than one message holds
)
ASIDES_HELD_MAX = 4  # for a friend whose link takes nothing now: of each kind one
STRANGERS_MAX = 16  # at once, whom a node lets in that looks for its friends
STRANGER_MS: Millis = 8 * SECOND  # each of them: two ways and a turn take a second
STRANGER_REST_MS: Millis = 10 * MINUTE  # who was let in is not for so long
STRANGERS_RESTING_MAX = 4096  # keys of those
FOUND_FRIENDS_MAX = 10_000  # that hold a signature of ours, and wait to be taken by the owner
REGAIN_SEARCHES_MAX = 256  # for locks of ours in one handover, of some ms each
STRAYS_MAX = 65_536  # collects of friends, after a loss, for requests whose askers are still to tell
KEPT_COLLECTS_MAX = 1000  # the last ones to each friend, kept for a handover
SIGNED_AHEAD_SECONDS_MAX = (
    10 * 365 * 86_400
)  # by which a nonce may be signed after our clock and still say its life
TOKEN_OWED_MS: Millis = (
    45 * SECOND
)  # what was not said to a friend by then, because it keeps the token, is cancelled
REPEAT_MS: Millis = 1 * SECOND  # from one copy of a message to a friend to the next, on one connection
REPEATED_BYTES_MAX = (
    16 * 2**20
)  # of messages that were said more than once, kept so that they are encoded once
# What a friend may cost, in microseconds of a slow machine, measured with a request in each message.
FRIEND_WORK_PER_MESSAGE = 400  # its signature, and ours on the answer, above all
FRIEND_WORK_PER_ROW = 100  # that it changes
FRIEND_WORK_PER_BYTES = 8  # so many bytes are decoded in a microsecond
FRIEND_WORK_PER_ASIDE_BYTES = 3  # and so many of an aside, which has many small parts
FRIEND_WORK_PER_SECOND = 400_000  # after a burst; a friend that pays 500 times a second causes half of it
FRIEND_WORK_BURST_MAX = 400_000
FRIEND_WORK_AT_ONCE_MAX = 3_200_000  # that one message counts: so its friend is heard again after 8 s
PAYMENTS_MAX = 100_000
QUERY_ROWS_MAX = 256  # in one answer to an app that asks for payments, invoices or history
LOST_PAYMENTS_TOLD_MAX = 256  # in one report, and in one change of it
TRANSACTIONS_PER_PAYMENT_MAX = 64
# What a payer gives to mediators without being asked: a share of the amount, and credits for each mediator.
FEES_PERCENT_MAX = 3
FEES_PER_MEDIATOR_MAX = 5
BACKOFF_MS_MIN: Millis = 1 * SECOND  # spec 02, W11
BACKOFF_MS_MAX: Millis = 5 * MINUTE
LISTEN_BACKOFF_MS_MAX: Millis = 2 * MINUTE
RELAY_AWAY_MS: Millis = 10 * MINUTE  # so long after a loss a relay that cannot be reached is tried often ...
RELAY_AWAY_RETRY_MS: Millis = 2 * SECOND  # ... at this pace, which costs no more than a refused connect
REPLACED_MIN = 3  # legs or links in a row that were soon ended: perhaps another program uses the identity
STABLE_LINE_MS: Millis = 60 * SECOND  # a line that lived so long resets the backoff
ACCEPTS_MAX = 16  # tunnels being accepted at once: spec 02, W27
INNER_HANDSHAKES_MAX = 32  # spec 02, W28
RELAY_ATTEMPTS_MAX = 3  # relays of one friend tried at the same time: spec 02, W23
RELAY_STAGGER_MS: Millis = 2 * SECOND
DIALS_MAX = 64  # attempts under way at once, over all friends
DIAL_BACKOFF_MS_MIN: Millis = 300  # the first retries are quick: the friend may be about to listen
LOWER_DIAL_DELAY_MS: Millis = 1 * SECOND  # before the lower side tries: the higher one goes first
LOWER_OFFLINE_MS: Millis = 30 * SECOND  # offline time after which the lower side tries: spec 02, W12
LOWER_BACKOFF_MS_MAX: Millis = 15 * MINUTE
LOWER_REFUSED_ROUNDS_MAX = 3  # after so many refusals in a row on every relay ...
LOWER_REFUSED_MS: Millis = 60 * MINUTE  # ... the lower side tries once per hour
LINK_PRECEDENCE_MS: Millis = 5 * SECOND  # of two links in both directions the higher side's wins: W12
LISTEN_CONFIRM_MS: Millis = 2 * SECOND  # a Listen that survived so long was taken: spec 02, W26
LISTEN_REFUSALS_QUICK = 8  # so many refused Listens are repeated soon: the relay may hold an old leg for 32 s
LISTEN_REFUSED_MS_MAX: Millis = 8 * SECOND
KEPT_RELAY_BACKOFF_MS_MAX: Millis = 10 * MINUTE  # of a relay that only some friends may still use: W33

# Apps
APPS_MAX = 256
TURNS_HELD_MAX = 1024  # that wait for the disk; beyond it, connections that cause more are not read
APPS_RECHECK_MS: Millis = 2 * SECOND  # how soon an app that is not trusted any more is gone
STATUS_PAUSE_MS: Millis = 500  # between two messages to apps about relays and links
REPORT_FRIEND_PARTS = 3  # a friend in a report takes as long as so many currencies with it, of one part each
REPORT_WHOLE_PARTS_MAX = 1000  # beyond it apps of ours get the report in pieces
REPORT_PIECE_PARTS_MAX = 256  # about 50 KB and 10 ms; the last friend of a piece may exceed it
REPORT_ASSEMBLED_MAX = 512  # friends put into a whole report in one turn, some 10 ms
REPORT_WHOLE_TURNS_MAX = (
    2000  # to make a whole report: four times what it takes with as much as the limits allow
)
REPORT_TURN_PAUSE_MS: Millis = 1  # between two of these turns, in which others have theirs
REPORT_EARLY_REQUESTS_MAX = 64  # of an app that does not wait for its report
REPORT_OFFER_MS: Millis = 2 * SECOND  # an app that has not asked for a piece by then gets the report whole
STATUS_LINKS_MAX = (
    2048  # links that are looked at for one of these messages; the rest comes with the next one
)
APP_HANDSHAKES_MAX = 256  # (ref: 16, and more must wait) beyond it the caller that is silent longest goes
APP_QUEUE_BYTES_MAX = 32 * 2**20  # an app that does not read is dropped beyond this
OPEN_ROUTE_REQUESTS_MAX = 512  # (ref: 8) over all apps

# Index
INDEX_TICK_MS: Millis = 1 * SECOND  # (ref)
INDEX_NODE_TICKS = 60  # (ref) life of a silent node, and hashes remembered
INDEX_HANDSHAKES_MAX = 512  # (ref)
INDEX_CLIENT_KEEPALIVE_MS: Millis = 32 * SECOND  # (ref)
INDEX_FIRST_HASH_MS: Millis = 8 * SECOND  # spec 04, 5.3
INDEX_SILENCE_MS: Millis = 10 * SECOND  # without a time hash, of which there is one each second: spec 04, 5.3
INDEX_LATE_MS: Millis = (
    2 * SECOND
)  # we may come so late ourselves that what a server said still waits to be read
INDEX_UNANSWERED_MAX = 3  # questions in a row without an answer, while another server could be asked
INDEX_SERVER_BACKOFF_MS_MAX: Millis = 60 * SECOND
INDEX_AGE_BASE = 16  # (ref)
INDEX_AGE_FACTOR = 3  # (ref)
INDEX_MUTATIONS_MAX = 4096  # in one message: spec 04, 3.10
INDEX_MUTATIONS_PER_BATCH = 64  # that our client sends: spec 04, 5.6
INDEX_REFRESH_MUTATIONS = 16
INDEX_UPDATES_SPACING_MS: Millis = 250  # at most 4 messages a second: spec 04, 5.6
INDEX_SERVER_MESSAGE_BYTES_MAX = (
    2**23
)  # of a trusted server; what is longer than a frame is skipped: spec 04, 3.11
INDEX_CHAIN_LINKS_MAX = 256
INDEX_LINK_HASHES_MAX = 1024
INDEX_SESSIONS_REMEMBERED = 4  # spec 04, 3.8
INDEX_REQUESTS_PER_CLIENT_MAX = 512  # in one tick; beyond it the answer is empty
INDEX_CLIENTS_MAX = 16_384
INDEX_CLIENTS_PER_ADDRESS_MAX = 320  # as many as at a relay
INDEX_RELAYED_NODES_PER_CLIENT_MAX = 16  # whose reports a client hands in beside its own
INDEX_REPORT_COST = 16  # of a report, its signature above all, beside 1 for each mutation
INDEX_REPORTS_COST_PER_SECOND = 2048  # from one client: some 100 reports with few mutations
INDEX_REPORTS_COST_BURST = 262_144  # the reference says all it publishes in one go, a report for each pair
INDEX_FORWARDED_COST_PER_SECOND = (
    2 * INDEX_REPORTS_COST_PER_SECOND
)  # of one node by way of others, which may bunch it
INDEX_FORWARDED_COST_BURST = 2 * INDEX_REPORTS_COST_BURST
INDEX_NODES_MAX = 1_000_000
INDEX_RECORDS_MAX = 10_000_000  # of all nodes together
INDEX_RECORDS_PER_NODE_MAX = 65_536
INDEX_SWEPT_RECORDS = 2048  # removed in one go, some 5 ms
INDEX_SWEEP_MS: Millis = 10  # from one such go to the next
INDEX_SEARCH_ARCS_MAX = 200_000  # touched for one request, splits included, about 100 ms: spec 04, 8
INDEX_SEARCH_ARCS_PER_TICK = 1_600_000  # touched for all requests of one tick: updates and hashes go first
INDEX_SEARCH_ARCS_PER_CLIENT = 400_000  # of these for one client, so that hard questions hold up few others
INDEX_ALTERNATIVES_MAX = 1  # further multi-routes beside the cheapest: spec 04, 7.4
INDEX_HOP_COST_DIVISOR = 200  # a hop costs as much as 1/200 of the amount in fees: spec 04, 7.3
INDEX_SHORT_SESSION_MS: Millis = 8 * SECOND  # a shorter session counts as a failed attempt: spec 04, 1.6
INDEX_CLIENT_BACKOFF_MS_MAX: Millis = 32 * SECOND
INDEX_FULL_STATE_JITTER_MS: Millis = 2 * SECOND  # after a reconnect: spec 04, 5.6
INDEX_REPEAT_STATE_MS: Millis = 4 * SECOND  # servers that have just met miss the first reports: spec 04, 3.7
WITHDRAWN_MAX = 4096  # pairs of friends who were removed, which index servers may still believe in
INDEX_SERVERS_MAX = 64  # of one node
INDEX_ROUTES_MS: Millis = 10 * SECOND  # a server that has not answered by then never will: spec 04, 5.8
MULTI_ROUTE_ROUTES_MAX = 16  # spec 04, 7.4; that many are used only where fewer do not carry the amount

# Files and the library
FILE_BYTES_MAX = 2**20  # of any file that we read; the longest honest one, a token, has some 50 KiB
AGE_HEADER_BYTES_MAX = 2**16  # of an age file: room for some 600 keys
AGE_WORK_FACTOR = 18  # of a passphrase: scrypt with 2^18, which takes 256 MiB and half a second
AGE_WORK_FACTOR_LOW, AGE_WORK_FACTOR_HIGH = 15, 20  # that we write: from 32 MiB to 1 GiB
AGE_WORK_FACTOR_MAX = 21  # that we open: 2 GiB
PASSPHRASE_CHARACTERS_MIN = 12
SHARES_MAX = 16  # of one key; SLIP-39 has no room for more
KIT_BYTES_MAX = 2**27  # of a kit, unpacked: room for FRIENDS_MAX with all their settings
KIT_SMALL_BYTES = (
    2**16 - 2**9
)  # with the last tokens of friends while it is not longer: sealed, it has 64 KiB
KIT_COLLECTS_MAX = 1000  # that wait for friends, in a kit; the largest
KITS_KEPT_MAX = 24  # in a folder, beside one a day
KIT_DAYS_KEPT_MAX = 30
KIT_SETTINGS_MS: Millis = 5 * SECOND  # from a change of friends or settings to a kit that has it
KIT_COLLECT_MS: Millis = 1 * SECOND  # a collect that waits so long for a friend gets into a kit
KIT_TOKENS = 100  # moved, until they are worth a kit
KIT_TOKENS_MS: Millis = 10 * MINUTE  # fewer, too, after this time
KIT_PAUSE_MS: Millis = 60 * SECOND  # from one kit for moved tokens to the next, and after one that failed
UNLOCK_BYTES_MAX = 2**16  # of what holds a passphrase or a key; age-keygen writes 200
UNLOCK_TRIES_MAX = 3  # at the terminal
UNLOCK_COMMAND_MS_MAX: Millis = 30 * SECOND
SDK_REQUESTS_MAX = 10_000  # of one app that wait for their acknowledgement
SDK_CHANGES_MAX = 10_000  # of the report that wait for the program to look at them
# Between two attempts of a lasting session: soon at first, for a node that only starts again.
SDK_BACKOFF_MS_MIN: Millis = SECOND // 2
SDK_BACKOFF_MS_MAX: Millis = 30 * SECOND
# A connection that lived less counts as a failed attempt, so the pauses go on growing.
SDK_SHORT_SESSION_MS: Millis = 8 * SECOND

# The wallet
WALLET_CARDS_MAX = 64
WALLET_BODY_BYTES_MAX = 64 * 1024  # of a request
WALLET_CONNECTIONS_MAX = 256  # of pages and commands at once
WALLET_SESSIONS_MAX = 64  # the one that was silent longest goes
WALLET_LOGINS_PER_MINUTE_MAX = 10
WALLET_CALLS_PER_SECOND = 50
WALLET_CALLS_BURST_MAX = 200  # of one session
WALLET_STREAMS_PER_SESSION_MAX = 4
WALLET_EVENTS_MAX = 1000  # kept for pages that come back
WALLET_REPEATS_MAX = 1000  # answers kept for a request that comes again
WALLET_TOKENS_MAX = 64  # of programs
WALLET_CONFIRMS_MAX = 64  # questions of all sessions that wait for a yes
WALLET_LOGIN_MS: Millis = 600 * SECOND  # a login link or code is good so long, once
WALLET_CONFIRM_MS: Millis = 120 * SECOND
WALLET_EVENTS_MS: Millis = SECOND // 10  # what changes in this time is told once
WALLET_BEAT_MS: Millis = 15 * SECOND  # of a stream without events
WALLET_BOOKS_REST_MS: Millis = 10 * SECOND  # unused for so long, the books of a card give back their memory
WALLET_RESTART_MS_MIN: Millis = 1 * SECOND  # pause before a card that stopped is started again
WALLET_RESTART_MS_MAX: Millis = 60 * SECOND

assert HANDSHAKE_FRAME_BYTES_MAX < INNER_MESSAGE_BYTES_MAX < FRAME_BYTES_MAX < APP_FRAME_BYTES_MAX
assert APP_FRAME_BYTES_MAX + 2**17 < DECODED_WORDS_MAX * 8
# A friend has at most 410 bytes in a report without tokens and relays, and 167 for each currency: measured in
# tests/engine/test_report_pieces.py.
assert FRIENDS_MAX * 410 + FRIEND_CURRENCIES_MAX * 167 + 2**16 < APP_FRAME_BYTES_MAX
assert KEEPALIVE_SEND_MS * 2 < KEEPALIVE_CLOSE_MS
# A line that lives so long has brought a heartbeat that was sent long after the line came up.
assert KEEPALIVE_CLOSE_MS * 2 <= AWAITED_MS
assert OPERATIONS_PER_BATCH_MAX <= OPERATIONS_PER_MESSAGE_MAX
assert FRIEND_WORK_AT_ONCE_MAX // (FRIEND_WORK_PER_SECOND // SECOND) * 2 < KEEPALIVE_CLOSE_MS
assert (
    OPERATIONS_PER_BATCH_MAX * (ROUTE_KEYS_MAX * 45 + 400) + OPERATIONS_PER_MESSAGE_MAX * 40
    < INNER_MESSAGE_BYTES_MAX
)
assert WRITE_BUFFER_BYTES_LOW < WRITE_BUFFER_BYTES_HIGH < WRITE_BUFFER_BYTES_MAX
assert RELAY_HALF_TUNNEL_MS >= HANDSHAKE_MS
assert LISTEN_REFUSALS_QUICK * LISTEN_REFUSED_MS_MAX > KEEPALIVE_CLOSE_MS
assert RELAY_EARLY_BYTES_MAX + FRAME_BYTES_MAX < RELAY_EARLY_BYTES_TOTAL_MAX
assert RELAY_TUNNELS_PER_KEY_MAX + RELAY_LISTEN_LEGS_PER_KEY_MAX < RELAY_CONNECTIONS_PER_ADDRESS_MAX
assert RELAY_EARLY_BYTES_MAX + FRAME_BYTES_MAX < RELAY_TUNNEL_BURST_BYTES
assert RELAY_ANNOUNCE_MS <= RELAY_HALF_TUNNEL_MS
assert GUESTS_STRANGE_MAX < GUESTS_MAX
assert CALLER_WAITS_MS < HANDSHAKE_MS
assert GUEST_STAYS_MS > ASK_WAITS_MS + CALLER_WAITS_MS
assert RELAY_ABSENT_MS_MIN < RELAY_ABSENT_MS_MAX
