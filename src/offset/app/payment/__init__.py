"""Paying an invoice: everything between an app's `node.buyer.pay` and the receipt. Read in this order:

buyer         what an app calls
attempts      one invoice: which states a payment has, what each error means for the money, and the tries
plan          which routes a try uses
own_lines     who can be paid directly, and what is in the way on our own side
far_lines     what is in the way farther off
rooms         what each friend lets pass, out and in
reasons       why a payment failed, and what helps
fees          what routes may cost
open_payment  one payment in the node: its parts, what became of them, and how it is left
closing       how a payment ends, and letting the node forget it
lost          what is said of credits that were given to friends whose channel was lost
resuming      going on with a payment whose app died
"""
