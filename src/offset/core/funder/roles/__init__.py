"""What a node is in a payment: buyer, seller, mediator; and how a request is cancelled towards its origin."""
